// Copies a text, and says that it did.
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { t } from '../text.js';

interface Props {
  readonly text: string;
  readonly children: string;
}

export function CopyButton({ text, children }: Props) {
  const [said, setSaid] = useState<'copied' | 'not-copied'>();
  const copy = () =>
    void navigator.clipboard.writeText(text).then(
      () => setSaid('copied'),
      () => setSaid('not-copied'),
    );
  return (
    <>
      <Button look="plain" onClick={copy}>
        {children}
      </Button>
      <span role="status" class="hint">
        {said !== undefined && t(said)}
      </span>
    </>
  );
}

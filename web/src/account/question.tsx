// Asks whether something is to be taken away for good.
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import type { Says } from '../components/sentences.js';
import { t } from '../text.js';

interface Props {
  readonly call: Parameters<typeof Button>[0]['call'] & Parameters<typeof Outcome>[0]['call'];
  readonly text: string;
  /** The text of the button. */
  readonly submit: string;
  readonly says?: Says;
  readonly onCancel: () => void;
}

export function Question({ call, text, submit, says = {}, onCancel }: Props) {
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => question.current?.focus(), []);
  return (
    <>
      <p ref={question} tabIndex={-1} class="question">
        {text}
      </p>
      <Outcome call={call} says={says} />
      <div class="actions">
        <Button call={call} isGrave>
          {submit}
        </Button>
        <Button look="plain" onClick={onCancel}>
          {t('cancel')}
        </Button>
      </div>
    </>
  );
}

// Shows recovery codes, the one time that they are shown. The person says that they keep them before the page goes on.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { auth } from '../auth.js';
import { Button } from '../components/button.js';
import { Checkbox } from '../components/checkbox.js';
import { Form, type Values } from '../components/form.js';
import { useCall } from '../components/use-call.js';
import { holdPlace } from '../router.js';
import { settings } from '../settings.js';
import { moment, t } from '../text.js';
import { CopyButton } from './copy-button.js';

interface Props {
  readonly codes: readonly string[];
  readonly onKept: () => void;
}

export function RecoveryCodes({ codes, onKept }: Props) {
  const [isUnticked, setUnticked] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => holdPlace(t('codes.leave')), []);
  const call = useCall(async ({ kept }: Values) => {
    setUnticked(kept === '');
    if (kept !== '') onKept();
  });
  const text = codes.join('\n');
  return (
    <section class="codes" aria-labelledby="codes">
      <h2 id="codes" ref={heading} tabIndex={-1}>
        {t('codes.title')}
      </h2>
      <p>{t('codes.intro')}</p>
      <ol class="secrets">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="actions">
        <CopyButton text={text}>{t('codes.copy')}</CopyButton>
        <Button look="plain" onClick={() => download(text)}>
          {t('codes.download')}
        </Button>
        <Button look="plain" onClick={() => print()}>
          {t('codes.print')}
        </Button>
      </div>
      <Form call={call} submit={t('codes.continue')}>
        {isUnticked && <Said tone="error" text={t('codes.tickFirst')} />}
        <Checkbox name="kept" label={t('codes.kept')} />
      </Form>
    </section>
  );
}

function download(text: string): void {
  const about = t('codes.file', { name: settings.name, email: auth.user?.email ?? '', time: moment(new Date()) });
  const address = URL.createObjectURL(new Blob([`${about}\n\n${text}\n`], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${settings.name.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}-${t('codes.fileName')}.txt`;
  link.click();
  URL.revokeObjectURL(address);
}

// An authenticator app takes over a secret, by camera or by hand, and shows by its first code that it has it.
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Form, type Values } from '../components/form.js';
import { t } from '../text.js';
import { CodeField } from './code-field.js';
import { CopyButton } from './copy-button.js';
import { digitsOf } from './digits.js';
import { type Answer, completed } from './enrolment.js';
import { QrCode } from './qr-code.js';
import { useProven } from './use-proven.js';

export interface Setup {
  readonly id: string;
  /** `otpauth://…`, shown once. */
  readonly uri: string;
}

interface Props extends Setup {
  readonly onConfirmed: (id: string, recoveryCodes: Answer['recoveryCodes']) => void;
  readonly onCancel: () => void;
}

export function AuthenticatorSetup({ id, uri, onConfirmed, onCancel }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { call, proof } = useProven(async ({ code = '' }: Values) => {
    const { recoveryCodes } = await completed(`/auth/factors/totp/${id}/confirm`, { code: digitsOf(code) });
    onConfirmed(id, recoveryCodes);
  });
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  return (
    <section class="setup" aria-labelledby="setup">
      <h2 id="setup" ref={heading} tabIndex={-1}>
        {t('setup.title')}
      </h2>
      {proof}
      <div hidden={Boolean(proof)}>
        <p>{t('setup.scan')}</p>
        <QrCode text={uri} label={t('setup.qr')} />
        <p>{t('setup.type')}</p>
        <p class="secret">
          <code>{secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
        </p>
        <div class="actions">
          <CopyButton text={secret}>{t('setup.copy')}</CopyButton>
          <a class="button plain" href={uri}>
            {t('setup.open')}
          </a>
        </div>
        <p>{t('setup.confirm')}</p>
        <Form
          call={call}
          submit={t('setup.submit')}
          objects={{ invalid_credentials: ['code', 'setup.wrongCode'] }}
          says={{ not_found: 'setup.over' }}
          aside={
            <Button look="plain" onClick={onCancel}>
              {t('cancel')}
            </Button>
          }
        >
          <CodeField />
        </Form>
      </div>
    </section>
  );
}

// Adds an authenticator app or a passkey: for a person who is signed in, and in place of a sign-in that asks for one.
import { useState } from 'preact/hooks';
import { knowsPasskeys } from '../../../packages/client/src/passkeys.js';
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import { forgetToken, tokenFor } from '../mailed-token.js';
import { own } from '../requests.js';
import { t } from '../text.js';
import { AuthenticatorSetup, type Setup } from './authenticator-setup.js';
import { made } from './passkeys.js';
import { useProven } from './use-proven.js';

export interface Enrolled {
  readonly kind: 'totp' | 'passkey';
  readonly id: string;
  /** The first time. */
  readonly recoveryCodes: readonly string[] | undefined;
}

interface Props {
  readonly onEnrolled: (enrolled: Enrolled) => void;
}

/** What a completed enrolment answers. */
export interface Answer {
  readonly id: string;
  readonly recoveryCodes?: readonly string[];
}

export function Enrolment({ onEnrolled }: Props) {
  const [setup, setSetup] = useState<Setup>();
  const totp = useProven(async () => setSetup((await (await own('POST', '/auth/factors/totp', {})).json()) as Setup));
  const passkey = useProven(async () => {
    const credential = await made(await own('POST', '/auth/factors/passkeys/options', {}));
    const { id, recoveryCodes } = await completed('/auth/factors/passkeys', { credential });
    onEnrolled({ kind: 'passkey', id, recoveryCodes });
  });
  const confirmed = (id: string, recoveryCodes: Answer['recoveryCodes']) => {
    setSetup(undefined);
    onEnrolled({ kind: 'totp', id, recoveryCodes });
  };
  if (totp.proof || passkey.proof) return <>{totp.proof || passkey.proof}</>;
  if (setup) return <AuthenticatorSetup {...setup} onConfirmed={confirmed} onCancel={() => setSetup(undefined)} />;
  return (
    <ul class="choices">
      {knowsPasskeys() && (
        <li>
          <Button call={passkey.call}>{t('enrolment.passkey')}</Button>
          <p class="hint">{t('enrolment.passkeyHint')}</p>
          <Outcome call={passkey.call} />
        </li>
      )}
      <li>
        <Button call={totp.call} look="plain">
          {t('enrolment.totp')}
        </Button>
        <p class="hint">{t('enrolment.totpHint')}</p>
        <Outcome call={totp.call} />
      </li>
    </ul>
  );
}

/** With the token of the mail that an administrator's reset sent, where there is one. */
export async function completed(path: string, body: object): Promise<Answer> {
  const answer = (await (await own('POST', path, { ...body, token: tokenFor('enrol') })).json()) as Answer;
  forgetToken();
  return answer;
}

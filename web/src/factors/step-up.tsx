// Asks a person who is signed in to show once more who they are, before an act that needs it.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { knowsPasskeys } from '../../../packages/client/src/passkeys.js';
import { auth } from '../auth.js';
import { Button } from '../components/button.js';
import { Form, type Values } from '../components/form.js';
import { Outcome } from '../components/outcome.js';
import { PasswordField } from '../components/password-field.js';
import { type Call, useCall } from '../components/use-call.js';
import { isRefused, own } from '../requests.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { type Identities, listed as listedIdentities } from '../upstream/identities.js';
import { FactorForm } from './factor-form.js';
import { FreshSignIn } from './fresh-sign-in.js';
import { listed } from './listed.js';
import { askedFor } from './passkeys.js';

const ignored = (): void => undefined;

interface Props {
  readonly onProven: () => void;
  readonly onCancel: () => void;
}

export function StepUp({ onProven, onCancel }: Props) {
  const [methods, setMethods] = useState<readonly string[]>();
  const [isOver, setOver] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const begin = useCall(async ({ password }: Values) => {
    try {
      await own('POST', '/auth/reauthenticate', { password });
    } catch (error) {
      if (!isRefused(error) || error.code !== 'second_factor_required') throw error;
      return setMethods(error.methods ?? []);
    }
    return onProven();
  });
  const { hasPasskey, known } = useWays();
  const byPasskey = useCall(async () => {
    const passkey = await askedFor(await own('POST', '/auth/reauthenticate/options'));
    await own('POST', '/auth/reauthenticate', { passkey });
    onProven();
  });
  const again = () => {
    setOver(true);
    setMethods(undefined);
  };
  const others = (
    <>
      {hasPasskey && (
        <Button call={byPasskey} look="plain">
          {t('factor.use.passkey')}
        </Button>
      )}
      <FreshSignIn identities={known.identities} />
      <Button look="plain" onClick={onCancel}>
        {t('cancel')}
      </Button>
    </>
  );
  return (
    <section class="proof" aria-labelledby="proof">
      <h2 id="proof" ref={heading} tabIndex={-1}>
        {t('proof.title')}
      </h2>
      {methods === undefined ? (
        <>
          <p class="intro">{t(isOver ? 'proof.over' : known.hasPassword ? 'proof.intro' : 'proof.noPassword')}</p>
          <Outcome call={byPasskey} says={{ invalid_credentials: 'factor.wrongPasskey' }} />
          {known.hasPassword ? <PasswordProof call={begin} aside={others} /> : <div class="actions">{others}</div>}
        </>
      ) : (
        <>
          <p class="intro">{t('factor.intro')}</p>
          <FactorForm methods={methods} onProven={onProven} onOver={again} />
          <div class="actions">
            <Button look="plain" onClick={onCancel}>
              {t('cancel')}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

interface PasswordProofProps {
  readonly call: Call<Values>;
  readonly aside: ComponentChildren;
}

function PasswordProof({ call, aside }: PasswordProofProps) {
  return (
    <Form
      call={call}
      submit={t('proof.submit')}
      objects={{ invalid_credentials: ['password', 'account.wrongPassword'] }}
      aside={aside}
    >
      {/* For password managers: whose password it is. */}
      <input
        class="unseen"
        type="email"
        name="username"
        autocomplete="username"
        value={auth.user?.email ?? ''}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <PasswordField name="password" autocomplete="current-password" label={t('password')} />
    </Form>
  );
}

/** What the person has beside a password. Whatever goes wrong, the password works. */
function useWays() {
  const [hasPasskey, setPasskey] = useState(false);
  const [known, setKnown] = useState<Identities>({ identities: [], hasPassword: true });
  useEffect(() => {
    if (knowsPasskeys())
      void listed().then(({ factors }) => setPasskey(factors.some(({ kind }) => kind === 'passkey')), ignored);
    if (settings.providers.length > 0) void listedIdentities().then(setKnown, ignored);
  }, []);
  return { hasPasskey, known };
}

// Asks a person who is signed in to show once more who they are, before an act that needs it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { auth } from '../auth.js';
import { Button } from '../components/button.js';
import { Form, type Values } from '../components/form.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { isRefused, own } from '../requests.js';
import { t } from '../text.js';
import { FactorForm } from './factor-form.js';

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
  const again = () => {
    setOver(true);
    setMethods(undefined);
  };
  return (
    <section class="proof" aria-labelledby="proof">
      <h2 id="proof" ref={heading} tabIndex={-1}>
        {t('proof.title')}
      </h2>
      {methods === undefined ? (
        <>
          <p class="intro">{t(isOver ? 'proof.over' : 'proof.intro')}</p>
          <Form
            call={begin}
            submit={t('proof.submit')}
            objects={{ invalid_credentials: ['password', 'account.wrongPassword'] }}
            aside={
              <Button look="plain" onClick={onCancel}>
                {t('cancel')}
              </Button>
            }
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

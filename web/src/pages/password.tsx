// Changes the password of a person who knows the present one, or leads to the first one.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { auth } from '../auth.js';
import { ActionLink } from '../components/action-link.js';
import { Button } from '../components/button.js';
import { Form, type Values } from '../components/form.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { Waiting } from '../components/waiting.js';
import { open, own } from '../requests.js';
import { navigate, to } from '../router.js';
import { t } from '../text.js';
import { useHasPassword } from '../upstream/use-has-password.js';

export function PasswordPage() {
  const hasPassword = useHasPassword();
  if (hasPassword === undefined) return <Waiting />;
  return hasPassword ? <Change /> : <First />;
}

/** There is none to be shown: the mailbox is the proof, as for a forgotten one, once the address is confirmed. */
function First() {
  const { email = '', emailVerified = false } = auth.user ?? {};
  const call = useCall(async () => {
    await open('/auth/password/forgot', { email });
    navigate('check-mail', { state: { email, kind: 'reset' } });
  });
  return (
    <Page title={t('password.first')} intro={t(emailVerified ? 'password.none' : 'password.unverified')}>
      <Outcome call={call} />
      <div class="actions">
        {emailVerified ? (
          <Button call={call}>{t('forgot.submit')}</Button>
        ) : (
          <ActionLink href={to('')}>{t('nav.profile')}</ActionLink>
        )}
      </div>
    </Page>
  );
}

function Change() {
  const [isChanged, setChanged] = useState(false);
  const call = useCall(async ({ currentPassword, newPassword }: Values) => {
    await own('POST', '/auth/password', { currentPassword, newPassword }); // the client takes the new tokens
    setChanged(true);
  });
  return (
    <Page title={t('password.title')} intro={t('password.intro')}>
      {isChanged ? (
        <Said text={t('password.changed')} />
      ) : (
        <Form
          call={call}
          submit={t('password.change')}
          passwordField="newPassword"
          says={{ invalid_credentials: 'account.wrongPassword' }}
          aside={<a href={to('forgot')}>{t('password.forgot')}</a>}
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
          <PasswordField name="currentPassword" autocomplete="current-password" label={t('password.current')} />
          <PasswordField name="newPassword" autocomplete="new-password" label={t('password.new')} />
        </Form>
      )}
    </Page>
  );
}

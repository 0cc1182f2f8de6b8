// Changes the password of a person who knows the present one.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { auth } from '../auth.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { own } from '../requests.js';
import { to } from '../router.js';
import { t } from '../text.js';

export function PasswordPage() {
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

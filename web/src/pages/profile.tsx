// Who the person is to the service, and the change of their address.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { roleOf } from '../account/events.js';
import { Loading } from '../account/loading.js';
import { useLoaded } from '../account/use-loaded.js';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { useProven } from '../factors/use-proven.js';
import { open, own } from '../requests.js';
import { to } from '../router.js';
import { moment, t } from '../text.js';
import { useHasPassword } from '../upstream/use-has-password.js';

interface Me {
  readonly email: string;
  readonly emailVerified: boolean;
  readonly role: string;
  readonly authenticatedAt: string;
}

export function ProfilePage() {
  const { data: me, call } = useLoaded(async () => (await own('GET', '/auth/me')).json() as Promise<Me>);
  return (
    <>
      <Page title={t('profile.title')} intro={t('profile.intro')}>
        {me === undefined ? <Loading call={call} /> : <Facts {...me} />}
      </Page>
      <AddressChange />
      <section class="card" aria-labelledby="delete-account">
        <h2 id="delete-account">{t('profile.deleteTitle')}</h2>
        <p>
          <a href={to('delete')}>{t('profile.delete')}</a>
        </p>
      </section>
    </>
  );
}

function Facts({ email, emailVerified, role, authenticatedAt }: Me) {
  return (
    <>
      <dl class="facts">
        <div>
          <dt>{t('profile.email')}</dt>
          <dd>
            {email}{' '}
            <span class={`badge ${emailVerified ? 'good' : 'open'}`}>
              {t(emailVerified ? 'profile.verified' : 'profile.unverified')}
            </span>
          </dd>
        </div>
        {role !== 'user' && (
          <div>
            <dt>{t('profile.role')}</dt>
            <dd>{roleOf(role)}</dd>
          </div>
        )}
        <div>
          <dt>{t('profile.signedIn')}</dt>
          <dd>{moment(authenticatedAt)}</dd>
        </div>
      </dl>
      {!emailVerified && <Verification email={email} />}
    </>
  );
}

function Verification({ email }: Pick<Me, 'email'>) {
  const [isSent, setSent] = useState(false);
  const call = useCall(async () => {
    await open('/auth/email/verify/resend', { email });
    setSent(true);
  });
  if (isSent) return <Said text={t('profile.sentAgain')} />;
  return (
    <>
      <p>{t('profile.unverifiedWhy')}</p>
      <Outcome call={call} />
      <div class="actions">
        <Button call={call} look="plain">
          {t('profile.sendAgain')}
        </Button>
      </div>
    </>
  );
}

function AddressChange() {
  const [asked, setAsked] = useState<string>();
  const hasPassword = useHasPassword() ?? true;
  const { call, proof } = useProven(async ({ newEmail = '', currentPassword }: Values) => {
    await own('POST', '/auth/email', { newEmail: newEmail.trim(), currentPassword });
    setAsked(newEmail.trim());
  });
  return (
    <section class="card" aria-labelledby="change-address">
      <h2 id="change-address">{t('profile.changeTitle')}</h2>
      {!hasPassword ? (
        <p class="intro">
          {t('profile.noPassword')} <a href={to('password')}>{t('password.first')}</a>
        </p>
      ) : asked === undefined ? (
        <>
          <p class="intro">{t('profile.changeIntro')}</p>
          {proof}
          <div hidden={Boolean(proof)}>
            <Form call={call} submit={t('profile.change')} says={{ invalid_credentials: 'account.wrongPassword' }}>
              <Field name="newEmail" type="email" autocomplete="email" label={t('profile.newEmail')} />
              <PasswordField
                name="currentPassword"
                autocomplete="current-password"
                label={t('profile.currentPassword')}
              />
            </Form>
          </div>
        </>
      ) : (
        <Said text={t('profile.changed', { email: asked })} />
      )}
    </section>
  );
}

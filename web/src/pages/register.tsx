// Makes an account: open to everybody, open to whoever confirms an address, or closed.
import { useRef } from 'preact/hooks';
import { auth } from '../auth.js';
import { ActionLink } from '../components/action-link.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { type Try, useCall } from '../components/use-call.js';
import { isSignedInBy } from '../factors/next-step.js';
import { isRefused, open } from '../requests.js';
import { kept, leave, onward } from '../return-to.js';
import { navigate, type Place } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { ProviderLinks } from '../upstream/provider-links.js';

export function Register({ place }: { readonly place: Place }) {
  return settings.registration === 'closed' ? <Closed place={place} /> : <Offer place={place} />;
}

function Offer({ place: { query } }: { readonly place: Place }) {
  const made = useRef<string>(undefined);
  const call = useCall(async ({ email = '', password = '' }: Values, { mayBeDone }: Try) => {
    if (made.current !== email && !(await register(email, password, mayBeDone)))
      return navigate('check-mail', { query: kept(query), state: { email, kind: 'verify' } });
    made.current = email;
    if (await isSignedInBy(() => auth.signIn({ email, password }), query)) leave(query);
  });
  const isTaken = call.trouble?.kind === 'refused' && call.trouble.refused.code === 'email_taken';
  const signIn = onward('sign-in', query);
  return (
    <Page
      title={t('register.title')}
      intro={t('register.intro', { name: settings.name })}
      below={
        <>
          {t('register.known')} <a href={signIn}>{t('sign-in.submit')}</a>
        </>
      }
    >
      <Form
        call={call}
        submit={t('register.submit')}
        remedy={isTaken && <a href={signIn}>{t('register.known-link')}</a>}
      >
        <Field name="email" type="email" label={t('email')} autocomplete="username" />
        <PasswordField name="password" label={t('password')} autocomplete="new-password" />
      </Form>
      <ProviderLinks providers={signUps} query={query} />
    </Page>
  );
}

/** @returns whether the account can be used at once; otherwise the address gets a mail first */
async function register(email: string, password: string, mayBeDone: boolean): Promise<boolean> {
  try {
    return (await open('/auth/register', { email, password })).status === 201;
  } catch (error) {
    if (mayBeDone && isRefused(error) && error.code === 'email_taken') return true; // by the try whose answer was lost
    throw error;
  }
}

const signUps = settings.providers.filter(({ signsUp }) => signsUp);

function Closed({ place: { query } }: { readonly place: Place }) {
  return (
    <Page title={t('register.title')} intro={t('errors.registration_closed')} icon="lock">
      <div class="actions">
        <ActionLink href={onward('sign-in', query)}>{t('back-to-sign-in')}</ActionLink>
      </div>
      <ProviderLinks providers={signUps} query={query} />
    </Page>
  );
}

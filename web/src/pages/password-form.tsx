// Signs in by address and password.
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { knowsPasskeys } from '../../../packages/client/src/passkeys.js';
import { auth } from '../auth.js';
import { Button } from '../components/button.js';
import { Checkbox } from '../components/checkbox.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { isSignedInBy } from '../factors/next-step.js';
import { usePasskeySignIn } from '../factors/use-passkey-sign-in.js';
import { open } from '../requests.js';
import { kept, leave, onward } from '../return-to.js';
import { navigate, type Place } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { ProviderLinks } from '../upstream/provider-links.js';

export interface MethodProps {
  readonly place: Place;
  /** What was typed before the method was changed. */
  readonly email: string;
  /** To the other method. */
  readonly change: () => void;
  /** What stands above the form. */
  readonly said?: ComponentChildren;
}

export function PasswordForm({ place: { query }, email: typed, change, said }: MethodProps) {
  const tried = useRef('');
  const call = useCall(async ({ email = '', password = '', remember }: Values) => {
    tried.current = email;
    const signIn = () => auth.signIn({ email, password, remember: remember === '1' });
    if (await isSignedInBy(signIn, query)) leave(query);
  });
  const passkey = usePasskeySignIn(query);
  const hasPasskeys = knowsPasskeys();
  const isUnverified = call.trouble?.kind === 'refused' && call.trouble.refused.code === 'email_unverified';
  return (
    <Page
      title={t('sign-in.title')}
      intro={t('sign-in.intro', { name: settings.name })}
      below={
        settings.registration !== 'closed' && (
          <>
            {t('sign-in.new')} <a href={onward('register', query)}>{t('register.submit')}</a>
          </>
        )
      }
    >
      {said}
      <Outcome call={passkey} says={{ invalid_credentials: 'sign-in.wrongPasskey' }} />
      <Form
        call={call}
        submit={t('sign-in.submit')}
        remedy={isUnverified && <Resend query={query} email={() => tried.current} />}
        aside={
          <>
            {hasPasskeys && (
              <Button call={passkey} look="plain" onClick={() => passkey.run(undefined)}>
                {t('sign-in.by-passkey')}
              </Button>
            )}
            {settings.magicLinks && (
              <Button look="plain" onClick={change}>
                {t('sign-in.by-link')}
              </Button>
            )}
          </>
        }
      >
        <Field
          name="email"
          type="email"
          label={t('email')}
          autocomplete={hasPasskeys ? 'username webauthn' : 'username'}
          value={typed}
        />
        <PasswordField name="password" label={t('password')} autocomplete="current-password" />
        <div class="between">
          <Checkbox name="remember" label={t('sign-in.remember')} />
          <a href={onward('forgot', query)}>{t('sign-in.forgot')}</a>
        </div>
      </Form>
      <ProviderLinks providers={settings.providers} query={query} />
    </Page>
  );
}

/** The password was right, but the address is not confirmed yet. */
function Resend({ query, email }: { readonly query: URLSearchParams; readonly email: () => string }) {
  const call = useCall(async () => {
    await open('/auth/email/verify/resend', { email: email() });
    navigate('check-mail', { query: kept(query), state: { email: email(), kind: 'verify' } });
  });
  return (
    <Button call={call} look="plain">
      {t('check-mail.again')}
    </Button>
  );
}

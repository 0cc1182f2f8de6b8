// Signs in by address and password.
import { useRef } from 'preact/hooks';
import { auth } from '../auth.js';
import { Button } from '../components/button.js';
import { Checkbox } from '../components/checkbox.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { open } from '../requests.js';
import { kept, leave, onward } from '../return-to.js';
import { navigate, type Place } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';

export interface MethodProps {
  readonly place: Place;
  /** What was typed before the method was changed. */
  readonly email: string;
  /** To the other method. */
  readonly change: () => void;
}

export function PasswordForm({ place: { query }, email: typed, change }: MethodProps) {
  const tried = useRef('');
  const call = useCall(async ({ email = '', password = '', remember }: Values) => {
    tried.current = email;
    await auth.signIn({ email, password, remember: remember === '1' });
    leave(query);
  });
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
      <Form
        call={call}
        submit={t('sign-in.submit')}
        remedy={isUnverified && <Resend query={query} email={() => tried.current} />}
        aside={
          settings.magicLinks && (
            <Button look="plain" onClick={change}>
              {t('sign-in.by-link')}
            </Button>
          )
        }
      >
        <Field name="email" type="email" label={t('email')} autocomplete="username" value={typed} />
        <PasswordField name="password" label={t('password')} autocomplete="current-password" />
        <div class="between">
          <Checkbox name="remember" label={t('sign-in.remember')} />
          <a href={onward('forgot', query)}>{t('sign-in.forgot')}</a>
        </div>
      </Form>
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

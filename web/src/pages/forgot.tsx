// Asks for the mail with which a person sets a new password.
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { useCall } from '../components/use-call.js';
import { open } from '../requests.js';
import { kept, onward } from '../return-to.js';
import { navigate, type Place } from '../router.js';
import { t } from '../text.js';

export function Forgot({ place: { query, state } }: { readonly place: Place }) {
  const call = useCall(async ({ email = '' }: Values) => {
    await open('/auth/password/forgot', { email });
    navigate('check-mail', { query: kept(query), state: { email, kind: 'reset' } });
  });
  const back = <a href={onward('sign-in', query)}>{t('back-to-sign-in')}</a>;
  return (
    <Page title={t('forgot.title')} intro={t('forgot.intro')} below={back}>
      <Form call={call} submit={t('forgot.submit')}>
        <Field name="email" type="email" label={t('email')} autocomplete="username" value={state['email'] ?? ''} />
      </Form>
    </Page>
  );
}

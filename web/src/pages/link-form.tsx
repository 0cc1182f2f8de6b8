// Asks for a mail whose link signs in.
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { useCall } from '../components/use-call.js';
import { open } from '../requests.js';
import { kept } from '../return-to.js';
import { navigate } from '../router.js';
import { t } from '../text.js';
import type { MethodProps } from './password-form.js';

export function LinkForm({ place: { query }, email: typed, change }: MethodProps) {
  const call = useCall(async ({ email = '' }: Values) => {
    await open('/auth/magic/request', { email });
    navigate('check-mail', { query: kept(query), state: { email, kind: 'magic' } });
  });
  return (
    <Page title={t('link.title')} intro={t('link.intro')}>
      <Form
        call={call}
        submit={t('link.submit')}
        aside={
          <Button look="plain" onClick={change}>
            {t('link.by-password')}
          </Button>
        }
      >
        <Field name="email" type="email" label={t('email')} autocomplete="username" value={typed} />
      </Form>
    </Page>
  );
}

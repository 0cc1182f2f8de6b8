// Deletes the account of the person, who reads what is lost, and proves who they are if their sign-in was long ago.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { auth } from '../auth.js';
import { ActionLink } from '../components/action-link.js';
import { Checkbox } from '../components/checkbox.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { PasswordField } from '../components/password-field.js';
import { useCall } from '../components/use-call.js';
import { isRefused, own } from '../requests.js';
import { navigate, to } from '../router.js';
import { t } from '../text.js';

export function DeletePage() {
  const [state, setState] = useState<'asks' | 'unticked' | 'needs proof'>('asks');
  const call = useCall(async ({ understood, password }: Values) => {
    if (understood === '') return setState('unticked');
    if (state === 'needs proof') await own('POST', '/auth/reauthenticate', { password });
    if (!(await deleteMe())) return setState('needs proof');
    navigate('delete', { state: { deleted: 'yes' }, replace: true });
    await auth.signOut().catch(() => undefined); // tells the other tabs; the session is gone already
  });
  return (
    <Page title={t('delete.title')} intro={t('delete.intro')}>
      <ul class="hints">
        <li>{t('delete.lostAccount')}</li>
        <li>{t('delete.lostData')}</li>
        <li>{t('delete.lostAgain')}</li>
        <li>{t('delete.kept')}</li>
      </ul>
      <Form call={call} submit={t('delete.delete')} isGrave says={{ invalid_credentials: 'account.wrongPassword' }}>
        {state === 'unticked' && <Said tone="error" text={t('delete.tickFirst')} />}
        <Checkbox name="understood" label={t('delete.understood')} />
        {state === 'needs proof' && (
          <>
            <Said tone="info" text={t('delete.passwordWhy')} />
            <PasswordField name="password" autocomplete="current-password" label={t('delete.password')} />
          </>
        )}
      </Form>
    </Page>
  );
}

/** @returns false if the person has to prove first who they are */
async function deleteMe(): Promise<boolean> {
  try {
    await own('DELETE', '/auth/me');
    return true;
  } catch (error) {
    if (isRefused(error) && error.code === 'reauthentication_required') return false;
    throw error;
  }
}

/** Also after a reload; nobody is signed in any more. */
export function DeletedPage() {
  return (
    <Page title={t('delete.deletedTitle')} icon="check">
      <p>{t('delete.deleted')}</p>
      <div class="actions">
        <ActionLink href={to('sign-in')}>{t('delete.toStart')}</ActionLink>
      </div>
    </Page>
  );
}

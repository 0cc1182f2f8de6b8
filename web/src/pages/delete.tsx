// Deletes the account of the person, who reads what is lost, and proves who they are if their sign-in was long ago.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { auth } from '../auth.js';
import { ActionLink } from '../components/action-link.js';
import { Checkbox } from '../components/checkbox.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { useProven } from '../factors/use-proven.js';
import { own } from '../requests.js';
import { navigate, to } from '../router.js';
import { t } from '../text.js';

export function DeletePage() {
  const [isUnticked, setUnticked] = useState(false);
  const { call, proof } = useProven(async ({ understood }: Values) => {
    setUnticked(understood === '');
    if (understood === '') return;
    await own('DELETE', '/auth/me');
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
      {proof}
      <div hidden={Boolean(proof)}>
        <Form call={call} submit={t('delete.delete')} isGrave>
          {isUnticked && <Said tone="error" text={t('delete.tickFirst')} />}
          <Checkbox name="understood" label={t('delete.understood')} />
        </Form>
      </div>
    </Page>
  );
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

// An address that is no page.
import { ActionLink } from '../components/action-link.js';
import { Page } from '../components/page.js';
import { to } from '../router.js';
import { t } from '../text.js';

export function NotFound() {
  return (
    <Page title={t('not-found.title')} intro={t('not-found.intro')}>
      <div class="actions">
        <ActionLink href={to('')}>{t('to-account')}</ActionLink>
      </div>
    </Page>
  );
}

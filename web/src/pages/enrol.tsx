// Where a sign-in leads that needs a second factor which the account has not got, and the link of the mail after an
// administrator has removed the factors. With a password alone nobody sets up the next one: the link is asked for, too.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { ActionLink } from '../components/action-link.js';
import { Page } from '../components/page.js';
import { Enrolment } from '../factors/enrolment.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import { tokenFor } from '../mailed-token.js';
import { leave, onward, signInFor } from '../return-to.js';
import { type Place, to } from '../router.js';
import { t } from '../text.js';

export function Enrol({ place: { query, state } }: { readonly place: Place }) {
  const [codes, setCodes] = useState<readonly string[]>();
  if (state['due'] === undefined) return <Mailed />;
  return (
    <Page
      title={t('enrol.title')}
      intro={codes === undefined && t('enrol.intro')}
      below={codes === undefined && <a href={onward('sign-in', query)}>{t('back-to-sign-in')}</a>}
    >
      {codes ? (
        <RecoveryCodes codes={codes} onKept={() => leave(query)} />
      ) : (
        <Enrolment onEnrolled={({ recoveryCodes }) => (recoveryCodes ? setCodes(recoveryCodes) : leave(query))} />
      )}
    </Page>
  );
}

function Mailed() {
  const [hasToken] = useState(() => tokenFor('enrol') !== undefined);
  return (
    <Page title={t('enrol.title')} intro={hasToken && t('enrol.mailed')}>
      {!hasToken && <Said tone="info" text={t('enrol.missing')} />}
      <div class="actions">
        <ActionLink href={signInFor(to('factors'))}>{t('to-sign-in')}</ActionLink>
      </div>
    </Page>
  );
}

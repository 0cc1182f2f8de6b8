// The second step of a sign-in. The ticket between the steps is a cookie that no script sees.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { ActionLink } from '../components/action-link.js';
import { Page } from '../components/page.js';
import { FactorForm } from '../factors/factor-form.js';
import { leave, onward } from '../return-to.js';
import type { Place } from '../router.js';
import { t } from '../text.js';

export function FactorPage({ place: { query, state } }: { readonly place: Place }) {
  const { methods } = state;
  const [isOver, setOver] = useState(false);
  const isMissing = methods === undefined;
  const isClosed = isOver || isMissing;
  const back = onward('sign-in', query);
  return (
    <Page
      title={t('factor.title')}
      intro={isClosed ? undefined : t('factor.intro')}
      icon="lock"
      below={isClosed ? undefined : <a href={back}>{t('back-to-sign-in')}</a>}
    >
      {isClosed ? (
        <>
          <Said tone="info" text={t(isOver ? 'factor.over' : 'factor.missing')} />
          <div class="actions">
            <ActionLink href={back}>{t('back-to-sign-in')}</ActionLink>
          </div>
        </>
      ) : (
        <FactorForm methods={methods.split(' ')} onProven={() => leave(query)} onOver={() => setOver(true)} />
      )}
    </Page>
  );
}

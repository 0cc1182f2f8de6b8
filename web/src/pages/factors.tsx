// The second factors of the person: which there are, another one, and the recovery codes.
import { useState } from 'preact/hooks';
import { Loading } from '../account/loading.js';
import { Said } from '../account/said.js';
import { useLoaded } from '../account/use-loaded.js';
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { Enrolment, type Enrolled } from '../factors/enrolment.js';
import { FactorEntry } from '../factors/factor-entry.js';
import { listed } from '../factors/listed.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import { useProven } from '../factors/use-proven.js';
import { own } from '../requests.js';
import { t } from '../text.js';

export function FactorsPage() {
  const { data, call } = useLoaded(listed);
  const [said, setSaid] = useState<string>();
  const [codes, setCodes] = useState<readonly string[]>();
  const [newId, setNewId] = useState<string>();
  const renew = (text: string) => {
    setSaid(text);
    call.run();
  };
  const enrolled = ({ kind, id, recoveryCodes }: Enrolled) => {
    setNewId(id);
    setCodes(recoveryCodes);
    renew(t(`factors.added.${kind}`));
  };
  if (codes)
    return (
      <Page title={t('factors.title')}>
        <RecoveryCodes codes={codes} onKept={() => setCodes(undefined)} />
      </Page>
    );
  return (
    <>
      <Page title={t('factors.title')} intro={t('factors.intro')}>
        {said !== undefined && <Said text={said} />}
        {data === undefined ? (
          <Loading call={call} />
        ) : (
          <>
            <Outcome call={call} />
            {data.factors.length === 0 ? (
              <p>{t('factors.none')}</p>
            ) : (
              <ul class="entries" aria-label={t('factors.list')}>
                {data.factors.map((factor) => (
                  <FactorEntry key={factor.id} factor={factor} isNew={factor.id === newId} onChanged={renew} />
                ))}
              </ul>
            )}
          </>
        )}
      </Page>
      {data !== undefined && (
        <section class="card" aria-labelledby="add-factor">
          <h2 id="add-factor">{t('factors.add')}</h2>
          <Enrolment onEnrolled={enrolled} />
        </section>
      )}
      {data !== undefined && data.factors.length > 0 && (
        <CodesCard left={data.recoveryCodesLeft} onRenewed={setCodes} />
      )}
    </>
  );
}

interface CodesProps {
  readonly left: number;
  readonly onRenewed: (codes: readonly string[]) => void;
}

function CodesCard({ left, onRenewed }: CodesProps) {
  const { call, proof } = useProven(async () => {
    const answer = await own('POST', '/auth/factors/recovery-codes');
    const { recoveryCodes } = (await answer.json()) as { readonly recoveryCodes: readonly string[] };
    onRenewed(recoveryCodes);
  });
  return (
    <section class="card" aria-labelledby="recovery-codes">
      <h2 id="recovery-codes">{t('codes.cardTitle')}</h2>
      <p class="intro">{t('codes.cardIntro')}</p>
      <p>
        <strong>{t('codes.left', { count: left })}</strong>
      </p>
      <Outcome call={call} />
      {proof || (
        <div class="actions">
          <Button call={call} look="plain">
            {t('codes.renew')}
          </Button>
          <p class="hint">{t('codes.renewHint')}</p>
        </div>
      )}
    </section>
  );
}

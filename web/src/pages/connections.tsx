// Where else the person signs in: which providers are connected, another one, and how to end that.
import { useEffect, useState } from 'preact/hooks';
import { Loading } from '../account/loading.js';
import { Said } from '../account/said.js';
import { useLoaded } from '../account/use-loaded.js';
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { leave, returnTo } from '../return-to.js';
import { usePlace } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { forgetAnswer, labelOf, sentenceAbout } from '../upstream/answer.js';
import { Connect } from '../upstream/connect.js';
import { listed } from '../upstream/identities.js';
import { IdentityEntry } from '../upstream/identity-entry.js';

export function ConnectionsPage() {
  const { query, state } = usePlace();
  const { data, call } = useLoaded(listed);
  const [{ upstream, error, connected }] = useState(state);
  const [removed, setRemoved] = useState<string>();
  useEffect(forgetAnswer, []);
  const renew = (text: string) => {
    setRemoved(text);
    call.run();
  };
  const known = new Set(data?.identities.map(({ provider }) => provider));
  const open = data === undefined ? [] : settings.providers.filter(({ id }) => !known.has(id));
  const wanted = open.find(({ id }) => id === query.get('connect'));
  const target = returnTo(query);
  const said =
    removed ?? (connected === undefined ? undefined : t('connections.done', { provider: labelOf(connected) }));
  return (
    <>
      <Page title={t('connections.title')} intro={t('connections.intro')}>
        {error !== undefined && said === undefined && (
          <Said tone="error" text={sentenceAbout(upstream, error, 'connections')} />
        )}
        {said !== undefined && <Said text={said} />}
        {wanted && <p>{t('connections.wanted', { provider: wanted.label })}</p>}
        {wanted && <Connect provider={wanted} query={query} look="main" />}
        {target && data !== undefined && (
          <Button look={wanted ? 'plain' : 'main'} onClick={() => leave(query)}>
            {wanted ? t('connections.later') : t('known.continue')}
          </Button>
        )}
        {data === undefined ? (
          <Loading call={call} />
        ) : (
          <>
            <Outcome call={call} />
            {data.identities.length === 0 && !wanted && <p>{t('connections.none')}</p>}
            {data.identities.length > 0 && (
              <ul class="entries" aria-label={t('connections.list')}>
                {data.identities.map((identity) => (
                  <IdentityEntry key={identity.id} identity={identity} onChanged={renew} />
                ))}
              </ul>
            )}
          </>
        )}
      </Page>
      {open.some((each) => each !== wanted) && (
        <section class="card" aria-labelledby="add-connection">
          <h2 id="add-connection">{t('connections.add')}</h2>
          <p class="intro">{t('connections.addIntro')}</p>
          {open.map((each) => each !== wanted && <Connect key={each.id} provider={each} query={query} look="plain" />)}
        </section>
      )}
    </>
  );
}

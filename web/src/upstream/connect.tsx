// Begins to connect a provider: the way leads there, and back to the page of the connections.
import type { PageProvider } from '../../../packages/contract/src/account-pages.js';
import { Button } from '../components/button.js';
import { Outcome } from '../components/outcome.js';
import { useProven } from '../factors/use-proven.js';
import { own } from '../requests.js';
import { kept } from '../return-to.js';
import { to } from '../router.js';
import { t } from '../text.js';

interface Props {
  readonly provider: PageProvider;
  readonly query: URLSearchParams;
  readonly look: 'main' | 'plain';
}

export function Connect({ provider: { id, label }, query, look }: Props) {
  const { call, proof } = useProven(async () => {
    const back = new URL(to('connections', kept(query)), location.origin).href;
    const answer = await own('POST', `/auth/upstream/${id}/link`, { returnTo: back });
    location.assign(((await answer.json()) as { readonly location: string }).location);
  });
  return (
    <>
      {proof}
      <div hidden={Boolean(proof)} class="connect">
        <Outcome call={call} says={{ not_found: 'upstream.error.not_found' }} />
        <Button call={call} look={look}>
          {t('connections.connect', { provider: label })}
        </Button>
      </div>
    </>
  );
}

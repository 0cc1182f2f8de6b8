// A new sign-in at a provider is a fresh proof, too: for a person who has no password, and for everybody else beside it.
import { upstreamAddress } from '../../../packages/client/src/upstream.js';
import { ActionLink } from '../components/action-link.js';
import { auth } from '../auth.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import type { Identities } from '../upstream/identities.js';

export function FreshSignIn({ identities }: Pick<Identities, 'identities'>) {
  const ids = new Set(identities.map(({ provider }) => provider));
  return settings.providers
    .filter(({ id }) => ids.has(id))
    .map(({ id, label }) => (
      <ActionLink key={id} href={upstreamAddress(location.origin, id, back())} look="plain">
        {t('proof.provider', { provider: label })}
      </ActionLink>
    ));
}

/** To this page, in a session that lives as long as the present one. A provider that knows them must ask all the same. */
const back = () => ({
  fresh: true,
  returnTo: location.pathname + location.search,
  remember: auth.session?.persistent === true,
});

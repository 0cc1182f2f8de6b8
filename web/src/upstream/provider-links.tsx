// The way to each provider that people may sign in at. Links and no forms: the policy of the document stops a form whose
// answer redirects to another host.
import type { PageProvider } from '../../../packages/contract/src/account-pages.js';
import { upstreamAddress } from '../../../packages/client/src/upstream.js';
import { ActionLink } from '../components/action-link.js';

import { t } from '../text.js';

interface Props {
  readonly providers: readonly PageProvider[];
  readonly query: URLSearchParams;
}

export function ProviderLinks({ providers, query }: Props) {
  if (providers.length === 0) return null;
  return (
    <div class="providers">
      <p class="or">{t('or')}</p>
      <div class="actions">
        {providers.map(({ id, label }) => (
          <ActionLink
            key={id}
            href={upstreamAddress(location.origin, id, target(query))}
            look="plain"
            onClick={remember}
          >
            {t('upstream.sign-in', { provider: label })}
          </ActionLink>
        ))}
      </div>
    </div>
  );
}

const target = (query: URLSearchParams) => {
  const returnTo = query.get('return_to');
  return returnTo === null ? {} : { returnTo };
};

/** Whether to stay signed in is known when the link is followed. */
function remember({ currentTarget }: { readonly currentTarget: HTMLAnchorElement }): void {
  const box = document.querySelector<HTMLInputElement>('input[name="remember"]');
  const url = new URL(currentTarget.href);
  if (box?.checked === true) url.searchParams.set('remember', 'true');
  else url.searchParams.delete('remember');
  currentTarget.href = url.href;
}

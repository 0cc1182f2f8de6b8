// The way to each provider that people may sign in at. Links and no forms: the policy of the document stops a form whose
// answer redirects to another host.
import type { PageProvider } from '../../../packages/contract/src/account-pages.js';
import { ActionLink } from '../components/action-link.js';
import { kept } from '../return-to.js';
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
          <ActionLink key={id} href={addressOf(id, kept(query))} look="plain" onClick={remember}>
            {t('upstream.sign-in', { provider: label })}
          </ActionLink>
        ))}
      </div>
    </div>
  );
}

/** @returns where the sign-in at a provider begins */
export function addressOf(id: string, query: URLSearchParams): string {
  const text = query.toString();
  return `/auth/upstream/${encodeURIComponent(id)}${text === '' ? '' : `?${text}`}`;
}

/** Whether to stay signed in is known when the link is followed. */
function remember({ currentTarget }: { readonly currentTarget: HTMLAnchorElement }): void {
  const box = document.querySelector<HTMLInputElement>('input[name="remember"]');
  const url = new URL(currentTarget.href);
  if (box?.checked === true) url.searchParams.set('remember', 'true');
  else url.searchParams.delete('remember');
  currentTarget.href = url.href;
}

// What every page has around it: the operator's name, the way through one's account, the languages, where help is.
import type { ComponentChildren } from 'preact';
import { useAuth } from '../auth.js';
import { chooseLanguage, language } from '../language.js';
import { to } from '../router.js';
import { settings } from '../settings.js';
import { nameOfLanguage, t } from '../text.js';
import { AccountNav } from './account-nav.js';

interface Props {
  readonly page: string;
  /** Whether the page belongs to a person who is signed in. */
  readonly isOwn: boolean;
  readonly children: ComponentChildren;
}

export function Shell({ page, isOwn, children }: Props) {
  const { user } = useAuth();
  const hasNav = isOwn && user !== null;
  return (
    <div class={`shell${hasNav ? ' wide' : ''}${hasNav && page === 'admin' ? ' rooms-wide' : ''}`}>
      {hasNav && (
        <a class="skip" href="#main" onClick={skip}>
          {t('skip')}
        </a>
      )}
      <header class="top">
        <Brand isLink={hasNav} />
        {hasNav && <AccountNav page={page} user={user} />}
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer class="foot">
        {settings.languages.length > 1 && <Languages />}
        {settings.support !== undefined && <Support text={settings.support} />}
      </footer>
    </div>
  );
}

/** The address keeps its place: a fragment is no page of ours. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

function Brand({ isLink }: { readonly isLink: boolean }) {
  const { name, logo } = settings;
  const content = (
    <>
      {logo === undefined ? (
        <span class="monogram" aria-hidden="true">
          {Array.from(name)[0]}
        </span>
      ) : (
        <img class="logo" src={logo} alt="" />
      )}
      <span>{name}</span>
    </>
  );
  return isLink ? (
    <a class="brand" href={to('')}>
      {content}
    </a>
  ) : (
    <div class="brand">{content}</div>
  );
}

function Languages() {
  return (
    <ul class="languages" aria-label={t('languages')}>
      {settings.languages.map((code) => (
        <li key={code}>
          <button
            type="button"
            lang={code}
            aria-pressed={code === language()}
            onClick={() => void chooseLanguage(code).catch(() => undefined)}
          >
            {nameOfLanguage(code)}
          </button>
        </li>
      ))}
    </ul>
  );
}

function Support({ text }: { readonly text: string }) {
  const address = /^https?:\/\//.test(text) ? text : /^\S+@\S+$/.test(text) ? `mailto:${text}` : undefined;
  return (
    <p class="support">
      {t('support')} {address === undefined ? text : <a href={address}>{text.replace(/^https?:\/\//, '')}</a>}
    </p>
  );
}

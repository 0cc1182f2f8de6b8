// A page for a person who is signed in. Everybody else is led to sign in, and comes back.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { restore, useAuth } from '../auth.js';
import { ActionLink } from '../components/action-link.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { useCall } from '../components/use-call.js';
import { Waiting } from '../components/waiting.js';
import { kept, signInFor } from '../return-to.js';
import { navigate, pageName, pageOf, to } from '../router.js';
import { t } from '../text.js';

export function OwnPage({ content: Content }: { readonly content: ComponentType }) {
  const { user, ended } = useAuth();
  const [isKnown, setKnown] = useState(user !== null);
  const call = useCall(async () => {
    await restore();
    setKnown(true);
  });
  useEffect(() => {
    if (!isKnown) call.run();
  }, []);
  // Somebody else may sign in in another tab: what was loaded and typed for the person before goes.
  if (user !== null) return <Content key={user.id} />;
  if (call.trouble) return <Unknown call={call} />;
  if (!isKnown) return <Waiting />;
  return ended === undefined ? <ToSignIn /> : <Ended />;
}

function ToSignIn() {
  useEffect(() => navigate('sign-in', { query: kept(new URLSearchParams({ return_to: here() })), replace: true }), []);
  return <Waiting />;
}

/** The session ended while the page was open: somebody ended it elsewhere, or it grew too old. */
function Ended() {
  return (
    <Page title={t('ended.title')} intro={t('ended.intro')} icon="lock">
      <div class="actions">
        <ActionLink href={signInFor(here())}>{t('sign-in.submit')}</ActionLink>
      </div>
    </Page>
  );
}

function Unknown({ call }: { readonly call: Parameters<typeof Outcome>[0]['call'] }) {
  return (
    <Page title={t('unknown.title')}>
      <Outcome call={call} />
    </Page>
  );
}

/** What a page of ours put into the address itself goes along; anything else does not. */
function here(): string {
  const query = new URLSearchParams(location.search);
  const own = ['connect', 'return_to'].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name, value]];
  });
  return to(pageOf(new URL(location.pathname, location.origin)) ?? pageName(), new URLSearchParams(own));
}

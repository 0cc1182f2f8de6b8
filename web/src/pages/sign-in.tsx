// Where a person signs in: by password, by a link in a mail, or at a provider. A person who is signed in already may go on.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { auth, mayBeSignedIn, restore, useAuth } from '../auth.js';
import { Button } from '../components/button.js';
import { Page } from '../components/page.js';
import { Waiting } from '../components/waiting.js';
import { leave, returnTo } from '../return-to.js';
import type { Place } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { forgetAnswer, sentenceAbout } from '../upstream/answer.js';
import { LinkForm } from './link-form.js';
import { PasswordForm } from './password-form.js';

type Shown = 'waiting' | 'known' | 'password' | 'link';

export function SignIn({ place }: { readonly place: Place }) {
  const [shown, setShown] = useState<Shown>(() => (auth.user ? 'known' : mayBeSignedIn() ? 'waiting' : 'password'));
  const [email, setEmail] = useState('');
  const [{ upstream, error }] = useState(place.state);
  useEffect(() => {
    if (error !== undefined) forgetAnswer();
    // An answer that does not come counts as nobody. A form that somebody has begun to fill in is not taken away.
    const show = () => setShown((before) => (isUntouched(before) ? (auth.user ? 'known' : 'password') : before));
    if (shown !== 'known') void restore().then(show, show);
  }, []);

  function change(to: Shown): void {
    setEmail(emailField()?.value ?? '');
    setShown(to);
  }

  if (shown === 'waiting') return <Waiting />;
  const said = error !== undefined && <Said tone="error" text={sentenceAbout(upstream, error, 'upstream')} />;
  if (shown === 'known') return <Known place={place} said={said} other={() => setShown('password')} />;
  if (shown === 'link') return <LinkForm place={place} email={email} change={() => change('password')} />;
  return <PasswordForm place={place} email={email} said={said} change={() => change('link')} />;
}

interface KnownProps {
  readonly place: Place;
  readonly said: ComponentChildren;
  readonly other: () => void;
}

function Known({ place: { query }, said, other }: KnownProps) {
  const { user } = useAuth();
  const target = returnTo(query);
  const email = user?.email ?? '';
  return (
    <Page
      title={t('known.title')}
      intro={
        target && target.origin !== location.origin
          ? t('known.to', { host: target.host })
          : t('known.intro', { name: settings.name })
      }
    >
      <p class="who">{email}</p>
      {said}
      <div class="actions stacked">
        <Button onClick={() => leave(query)}>{t('known.continue')}</Button>
        <Button look="plain" onClick={other}>
          {t('known.other')}
        </Button>
      </div>
    </Page>
  );
}

const emailField = () => document.querySelector<HTMLInputElement>('input[name="email"]');

const isUntouched = (shown: Shown) =>
  shown !== 'link' && !emailField()?.value && document.activeElement !== emailField();

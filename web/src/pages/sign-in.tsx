// Where a person signs in: by password, or by a link in a mail. Who is signed in already may go on.
import { useEffect, useState } from 'preact/hooks';
import { auth, mayBeSignedIn, restore, useAuth } from '../auth.js';
import { Button } from '../components/button.js';
import { Page } from '../components/page.js';
import { Waiting } from '../components/waiting.js';
import { leave, returnTo } from '../return-to.js';
import type { Place } from '../router.js';
import { settings } from '../settings.js';
import { t } from '../text.js';
import { LinkForm } from './link-form.js';
import { PasswordForm } from './password-form.js';

type Shown = 'waiting' | 'known' | 'password' | 'link';

export function SignIn({ place }: { readonly place: Place }) {
  const [shown, setShown] = useState<Shown>(() => (auth.user ? 'known' : mayBeSignedIn() ? 'waiting' : 'password'));
  const [email, setEmail] = useState('');
  useEffect(() => {
    // An answer that does not come counts as nobody. A form that somebody has begun to fill in is not taken away.
    const show = () => setShown((before) => (isUntouched(before) ? (auth.user ? 'known' : 'password') : before));
    if (shown !== 'known') void restore().then(show, show);
  }, []);

  function change(to: Shown): void {
    setEmail(emailField()?.value ?? '');
    setShown(to);
  }

  if (shown === 'waiting') return <Waiting />;
  if (shown === 'known') return <Known place={place} other={() => setShown('password')} />;
  const Method = shown === 'link' ? LinkForm : PasswordForm;
  return <Method place={place} email={email} change={() => change(shown === 'link' ? 'password' : 'link')} />;
}

function Known({ place: { query }, other }: { readonly place: Place; readonly other: () => void }) {
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

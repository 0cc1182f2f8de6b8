// Says that a mail is on its way, where to look for it, and sends it again after a pause.
import { useState } from 'preact/hooks';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Notice } from '../components/notice.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { useCall } from '../components/use-call.js';
import { useCountdown } from '../components/use-wait.js';
import { open } from '../requests.js';
import { kept, onward } from '../return-to.js';
import { navigate, type Place } from '../router.js';
import { duration, t } from '../text.js';

const routes = {
  verify: '/auth/email/verify/resend',
  reset: '/auth/password/forgot',
  magic: '/auth/magic/request',
} as const;

type Kind = keyof typeof routes;

/** A mail takes some seconds. */
const PAUSE_MS = 30_000;

export function CheckMail({ place }: { readonly place: Place }) {
  const { email } = place.state;
  return email === undefined ? <Ask place={place} /> : <Sent place={place} email={email} />;
}

function Sent({ place: { query, state }, email }: { readonly place: Place; readonly email: string }) {
  const kind = kindOf(state['kind']);
  const [mailedAt, setMailedAt] = useState(performance.now());
  const [isRepeated, setRepeated] = useState(false);
  const wait = useCountdown(mailedAt + PAUSE_MS);
  const again = useCall(async () => {
    setRepeated(false);
    await open(routes[kind], { email });
    setMailedAt(performance.now());
    setRepeated(true);
  });
  return (
    <Page
      title={t('check-mail.title')}
      intro={t(`check-mail.${kind}`, { email })}
      icon="mail"
      below={<a href={onward('sign-in', query)}>{t('back-to-sign-in')}</a>}
    >
      <ul class="hints">
        <li>{t('check-mail.where')}</li>
        <li>{t('check-mail.right', { email })}</li>
        <li>{t('check-mail.open-it')}</li>
      </ul>
      <Outcome call={again} />
      <div role="status">{isRepeated && <Notice tone="success">{t('check-mail.repeated')}</Notice>}</div>
      <div class="actions">
        <Button call={again} look="plain" waits={wait}>
          {wait > 0 ? t('check-mail.again-in', { time: duration(wait) }) : t('check-mail.again')}
        </Button>
      </div>
    </Page>
  );
}

/** Opened without an address, such as from a link that does not work any more. */
function Ask({ place: { query } }: { readonly place: Place }) {
  const call = useCall(async ({ email = '' }: Values) => {
    await open(routes.verify, { email });
    navigate('check-mail', { query: kept(query), state: { email, kind: 'verify' }, replace: true });
  });
  return (
    <Page
      title={t('check-mail.ask-title')}
      intro={t('check-mail.ask-intro')}
      below={<a href={onward('sign-in', query)}>{t('back-to-sign-in')}</a>}
    >
      <Form call={call} submit={t('check-mail.ask-submit')}>
        <Field name="email" type="email" label={t('email')} autocomplete="username" />
      </Form>
    </Page>
  );
}

const kindOf = (kind: string | undefined): Kind => (kind === 'reset' || kind === 'magic' ? kind : 'verify');

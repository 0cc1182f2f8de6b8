// The security events of the account in words, the newest first, a page at a time.
import { useEffect, useState } from 'preact/hooks';
import { deviceOf } from '../account/device.js';
import { type SecurityEvent, sentenceFor } from '../account/events.js';
import { Loading } from '../account/loading.js';
import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { useCall } from '../components/use-call.js';
import { own } from '../requests.js';
import { to } from '../router.js';
import { moment, t } from '../text.js';

const PAGE = 20;

interface EventPage {
  readonly events: readonly SecurityEvent[];
  /** The cursor of older ones; absent on the last page. */
  readonly next?: string;
}

export function ActivityPage() {
  const [shown, setShown] = useState<EventPage>();
  const call = useCall(async () => {
    const query = new URLSearchParams({ limit: String(PAGE), ...(shown?.next ? { after: shown.next } : {}) });
    const page = (await (await own('GET', `/auth/events?${query}`)).json()) as EventPage;
    setShown({ ...page, events: [...(shown?.events ?? []), ...page.events] });
  });
  useEffect(() => call.run(), []);
  return (
    <>
      <Page title={t('activity.title')} intro={t('activity.intro')}>
        {shown === undefined ? <Loading call={call} /> : <Events {...shown} />}
        {shown?.next !== undefined && (
          <>
            <Outcome call={call} />
            <div class="actions">
              <Button call={call} look="plain">
                {t('activity.more')}
              </Button>
            </div>
          </>
        )}
        {shown !== undefined && shown.next === undefined && <p class="hint">{t('activity.all')}</p>}
      </Page>
      <Advice />
    </>
  );
}

function Events({ events }: EventPage) {
  return (
    <ol class="entries events">
      {events.map((event) => (
        <li key={event.id} class={event.outcome}>
          <Icon name={event.outcome === 'failure' ? 'alert' : 'check'} />
          <div class="entry">
            <p class="what">{sentenceFor(event)}</p>
            <p class="hint">
              <time dateTime={event.at}>{moment(event.at)}</time>
              {' · '}
              {event.ip === null
                ? deviceOf(event.userAgent)
                : t('activity.where', { device: deviceOf(event.userAgent), ip: event.ip })}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** What to do if somebody else did it. */
function Advice() {
  return (
    <section class="card" aria-labelledby="not-you">
      <h2 id="not-you">{t('activity.notYou')}</h2>
      <p>
        {t('activity.notYouDo')} <a href={to('password')}>{t('activity.changePassword')}</a>
      </p>
      <p class="hint">{t('activity.notYouFailed')}</p>
    </section>
  );
}

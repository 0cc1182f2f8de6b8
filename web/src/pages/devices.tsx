// Where the person is signed in, and how to end that: one session, all others, or every one.
import { useState } from 'preact/hooks';
import { deviceOf } from '../account/device.js';
import { Said } from '../account/said.js';
import { EndMany } from '../account/end-many.js';
import { Loading } from '../account/loading.js';
import { useLoaded } from '../account/use-loaded.js';
import { Button } from '../components/button.js';
import { Icon } from '../components/icon.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import { useCall } from '../components/use-call.js';
import { isRefused, own } from '../requests.js';
import { moment, t } from '../text.js';

export interface Session {
  readonly id: string;
  readonly current: boolean;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly persistent: boolean;
  readonly transport: 'cookie' | 'bearer';
}

async function listed(): Promise<readonly Session[]> {
  const { sessions } = (await (await own('GET', '/auth/sessions')).json()) as { sessions: Session[] };
  return sessions.toSorted((a, b) => Number(b.current) - Number(a.current));
}

export function DevicesPage() {
  const { data: sessions, call } = useLoaded(listed);
  const [done, setDone] = useState<string>();
  const renew = (text: string) => {
    setDone(text);
    call.run();
  };
  return (
    <>
      <Page title={t('devices.title')} intro={t('devices.intro')}>
        {done !== undefined && <Said text={done} />}
        {sessions === undefined ? (
          <Loading call={call} />
        ) : (
          <>
            <Outcome call={call} />
            <ul class="entries" aria-label={t('devices.list')}>
              {sessions.map((session) => (
                <SessionEntry key={session.id} session={session} onEnded={renew} />
              ))}
            </ul>
          </>
        )}
      </Page>
      {sessions !== undefined && <EndMany sessions={sessions} onEnded={renew} />}
    </>
  );
}

interface EntryProps {
  readonly session: Session;
  readonly onEnded: (text: string) => void;
}

function SessionEntry({ session, onEnded }: EntryProps) {
  const { id, current, createdAt, lastSeenAt, ip, userAgent, persistent, transport } = session;
  const device = deviceOf(userAgent);
  const call = useCall(async () => onEnded(t((await end(id)) ? 'devices.ended' : 'devices.gone', { device })));
  const seen = moment(lastSeenAt);
  return (
    <li>
      <Icon name="device" />
      <div class="entry">
        <p class="what">
          <strong>{device}</strong> {current && <span class="badge good">{t('devices.current')}</span>}{' '}
          {transport === 'bearer' && <span class="badge">{t('devices.app')}</span>}{' '}
          {persistent && <span class="badge">{t('devices.remembered')}</span>}
        </p>
        <p class="hint">
          {current ? t('devices.activeNow') : t('devices.lastSeen', { time: seen })}
          {ip !== null && ` · ${t('devices.from', { ip })}`}
          <br />
          {t('devices.since', { time: moment(createdAt) })}
        </p>
        <Outcome call={call} />
      </div>
      {!current && (
        <Button call={call} look="plain" label={t('devices.endOf', { device, time: seen })}>
          {t('devices.end')}
        </Button>
      )}
    </li>
  );
}

/** @returns false if it had ended already */
async function end(id: string): Promise<boolean> {
  try {
    await own('DELETE', `/auth/sessions/${id}`);
    return true;
  } catch (error) {
    if (isRefused(error) && error.code === 'not_found') return false;
    throw error;
  }
}

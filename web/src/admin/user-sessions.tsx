// Where a user is signed in; an administrator can end one session, or all.
import { deviceOf } from '../account/device.js';
import type { Values } from '../components/form.js';
import { Icon } from '../components/icon.js';
import { isRefused, own } from '../requests.js';
import { moment, t } from '../text.js';
import { Act, reasonIn } from './act.js';
import type { UserSession } from './answers.js';
import { queryOf } from './use-rows.js';
import type { UserState } from './user-acts.js';

interface Props {
  readonly state: UserState;
  readonly sessions: readonly UserSession[];
}

const says = { revocation_unconfirmed: 'admin.user.unconfirmed' } as const;

export function UserSessions({ state: { path, tell }, sessions }: Props) {
  const endAll = async (values: Values) => {
    await own('DELETE', `${path}/sessions${searchOf(values)}`);
    tell(t('admin.user.endedAll'));
  };
  const end = (id: string, device: string) => async (values: Values) => {
    const isThere = await isEnded(`${path}/sessions/${id}${searchOf(values)}`);
    tell(t(isThere ? 'devices.ended' : 'devices.gone', { device }));
  };
  return (
    <section class="card" aria-labelledby="user-sessions">
      <h2 id="user-sessions">{t('admin.user.sessions')}</h2>
      {sessions.length === 0 && <p>{t('admin.user.noSessions')}</p>}
      <ul class="entries" aria-labelledby="user-sessions">
        {sessions.map((session) => (
          <Entry key={session.id} session={session} end={end} />
        ))}
      </ul>
      {sessions.length > 0 && (
        <Act
          does={t('admin.user.endAll')}
          asks={t('admin.user.endAllAsks')}
          submit={t('admin.user.endAllNow')}
          act={endAll}
          says={says}
          isGrave
        />
      )}
    </section>
  );
}

interface EntryProps {
  readonly session: UserSession;
  readonly end: (id: string, device: string) => (values: Values) => Promise<void>;
}

function Entry({ session: { id, createdAt, lastSeenAt, ip, userAgent, persistent, transport }, end }: EntryProps) {
  const device = deviceOf(userAgent);
  const time = moment(lastSeenAt);
  return (
    <li>
      <Icon name="device" />
      <div class="entry">
        <p class="what">
          <strong>{device}</strong> {transport === 'bearer' && <span class="badge">{t('devices.app')}</span>}{' '}
          {persistent && <span class="badge">{t('devices.remembered')}</span>}
        </p>
        <p class="hint">
          {t('devices.lastSeen', { time })}
          {ip !== null && ` · ${t('devices.from', { ip })}`}
          <br />
          {t('devices.since', { time: moment(createdAt) })}
        </p>
        <Act
          does={t('devices.end')}
          label={t('devices.endOf', { device, time })}
          asks={t('admin.user.endAsks', { device })}
          submit={t('admin.user.endNow')}
          act={end(id, device)}
          says={says}
        />
      </div>
    </li>
  );
}

/** @returns false if it had ended already */
async function isEnded(address: string): Promise<boolean> {
  try {
    await own('DELETE', address);
    return true;
  } catch (error) {
    if (isRefused(error) && error.code === 'not_found') return false;
    throw error;
  }
}

export function searchOf(values: Values): string {
  const query = queryOf(reasonIn(values)).toString();
  return query === '' ? '' : `?${query}`;
}

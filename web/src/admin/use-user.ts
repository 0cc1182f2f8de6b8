// One user with all that belongs to them, and changes that count only for the state that the administrator saw.
import { useState } from 'preact/hooks';
import { isRefused, own } from '../requests.js';
import { t } from '../text.js';
import type { AdminEvent, ShownUser, UserSession } from './answers.js';
import { useOpened } from './opening.js';

const EVENTS = 10;

export interface Whole {
  readonly user: ShownUser;
  /** The state that was read. */
  readonly tag: string;
  readonly sessions: readonly UserSession[];
  readonly events: readonly AdminEvent[];
}

export interface Told {
  readonly text: string;
  readonly tone: 'success' | 'error';
  /** So that the same sentence is told again. */
  readonly count: number;
}

export function useUser(userId: string) {
  const path = `/admin/users/${userId}`;
  const { data, call, ...opening } = useOpened(() => read(path, userId));
  const [told, setTold] = useState<Told>();
  const tell = (text: string, tone: Told['tone'] = 'success') => {
    setTold((before) => ({ text, tone, count: (before?.count ?? 0) + 1 }));
    call.run();
  };
  const change = async (body: object, text: string) => {
    try {
      await own('PATCH', path, body, data === undefined ? {} : { 'if-match': data.tag });
    } catch (error) {
      if (!isRefused(error) || error.code !== 'precondition_failed') throw error;
      return tell(t('admin.user.meanwhile'), 'error');
    }
    return tell(text);
  };
  return { path, data, call, ...opening, told, tell, change };
}

async function read(path: string, userId: string): Promise<Whole> {
  const query = new URLSearchParams({ user: userId, limit: String(EVENTS) });
  const [answer, listed, events] = await Promise.all([
    own('GET', path),
    own('GET', `${path}/sessions`).then(async (each) => (await each.json()) as Pick<Whole, 'sessions'>),
    own('GET', `/admin/events?${query}`).then(async (each) => (await each.json()) as Pick<Whole, 'events'>),
  ]);
  const user = (await answer.json()) as ShownUser;
  return { user, tag: answer.headers.get('etag') ?? '*', sessions: listed.sessions, events: events.events };
}

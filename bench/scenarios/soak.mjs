// Checks that memory stays flat under requests, refreshes, sign-ins and logouts for five minutes.
// Usage: npm run bench -- soak [--soak-seconds=300]
import { closedLoop, constantLoad, refreshLoad, signInMany } from '../lib/load.mjs';
import { residentMB, sampled, slopeOf } from '../lib/memory.mjs';
import { summaryOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

const USERS = 32;
/** Requests per second: busy, but with room for the other load. */
const RATE = 200;
/** The first part fills bounded memory (verified tokens, the heap's young generation); then nothing may grow. */
const SETTLED_AFTER = 1 / 3;
const MOST_GROWTH = 1.1;

export async function run({ plan, subjects }) {
  const subject = await subjects.start(watchword);
  const atStart = residentMB(subject.pid);
  const sessions = await signInMany(subject, USERS);
  const requests = sessions.map((session) => subject.authenticated(session, 'bearer'));
  const refreshing = await signInMany(subject, 4, USERS);
  const seconds = plan.soakSeconds;
  const { url } = subject;
  const load = Promise.all([
    constantLoad({ url, requests, connections: 8, seconds, rate: RATE }),
    refreshLoad({ subject, sessions: refreshing, clients: 4, seconds }),
    comeAndGo(subject, seconds),
  ]);
  const samples = await sampled(subject.pid, load);
  const [authenticated, refreshes, signIns] = await load;

  const settled = samples.filter(({ at }) => at >= seconds * SETTLED_AFTER);
  const half = Math.floor(settled.length / 2);
  const median = (some) => summaryOf(some).mb.median;
  const [early, late] = [median(settled.slice(0, half)), median(settled.slice(half))];
  const one = (figures) => summaryOf([figures]);
  return {
    rows: [
      { subject: 'RSS at the start', figures: one({ MB: atStart }) },
      { subject: 'RSS, second third', figures: one({ MB: early }) },
      { subject: 'RSS, last third', figures: one({ MB: late }) },
      { subject: 'RSS, the most', figures: one({ MB: Math.max(...samples.map(({ mb }) => mb)) }) },
      { subject: 'slope over the last two thirds', figures: one({ 'MB a minute': slopeOf(settled) }) },
      { subject: 'authenticated', figures: one(authenticated) },
      { subject: 'refresh', figures: one(refreshes) },
      { subject: 'sign-in and logout', figures: one(signIns) },
    ],
    targets: [target('soak: RSS of the last third against the one before', late / early, '≤', MOST_GROWTH, ' ×')],
  };
}

/** One client signs in and out again and again. */
function comeAndGo(subject, seconds) {
  let accessToken;
  let turn = 0;
  const logout = () => ({ method: 'POST', path: '/auth/logout', headers: { authorization: `Bearer ${accessToken}` } });
  return closedLoop({
    url: subject.url,
    clients: 1,
    seconds,
    next: () => (accessToken ? logout() : subject.login(turn++ % USERS)),
    answered: (_, { body }) => (accessToken = body === '' ? undefined : JSON.parse(body).accessToken),
  });
}

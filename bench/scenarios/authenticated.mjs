// Measures authenticated requests, compared with the alternatives and with a server that does nothing.
import { redisAlone } from '../lib/limits.mjs';
import { constantLoad, signInMany } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { ratio } from '../lib/targets.mjs';
import { watchword, watchwordAlone } from '../lib/watchword.mjs';

export const name = 'authenticated';
const CONNECTIONS = 32;
const NOOP = 'bare no-op';
const OTHERS = [
  'tutorial stack',
  'better-auth with database',
  'better-auth with cookie cache',
  'better-auth JWT plugin',
];

export async function run({ plan, subjects, infrastructure }) {
  const measured = [redisAlone(infrastructure.redis, CONNECTIONS)];
  const noop = await subjects.start(await peer(NOOP));
  for (const kind of [watchword, watchwordAlone, ...(await Promise.all(OTHERS.map(peer)))]) {
    const subject = await subjects.start(kind);
    const sessions = await signInMany(subject, CONNECTIONS);
    for (const by of ['bearer', 'cookie']) {
      const requests = sessions.map((session) => subject.authenticated(session, by)).filter(Boolean);
      if (requests.length === 0) continue; // this peer does not support it
      const load = (url, requests) => (seconds) => constantLoad({ url, requests, seconds, connections: CONNECTIONS });
      // The same requests to a server that reads them and does nothing.
      const same = requests.map((request) => ({ ...request, path: '/noop' }));
      if (kind === watchword) measured.push({ name: `${NOOP}, ${by}`, measure: load(noop.url, same) });
      // The peers get a longer warm-up: they run less often in the same time, so V8 has compiled less of them.
      const isSlow = OTHERS.includes(kind.name);
      measured.push({ name: `${kind.name}, ${by}`, isSlow, measure: load(subject.url, requests) });
    }
  }
  const rows = await interleave(measured, plan);
  return { rows, targets: targetsOf(rows) };
}

function targetsOf(rows) {
  const of = (subject) => medianOf(rows, subject);
  const best = (peer) =>
    Math.max(...rows.filter(({ subject }) => subject.startsWith(`${peer}, `)).map(({ subject }) => of(subject)));
  return ['bearer', 'cookie'].flatMap((by) => {
    const [full, alone] = [of(`Watchword, ${by}`), of(`Watchword without Redis, ${by}`)];
    return [
      ratio(`authenticated by ${by}: against the no-op`, full, of(`${NOOP}, ${by}`), 0.5),
      ratio(`authenticated by ${by}: against the tutorial stack`, full, best('tutorial stack'), 10),
      ratio(`authenticated by ${by}: against better-auth with database`, full, best('better-auth with database'), 25),
      ratio(`authenticated by ${by}, without Redis: against the tutorial stack`, alone, best('tutorial stack'), 3),
    ];
  });
}

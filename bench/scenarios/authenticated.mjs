// Measures authenticated requests, compared with the alternatives and with a server that does nothing.
import { named, QUIET } from '../lib/conditions.mjs';
import { costed } from '../lib/costed.mjs';
import { redisAlone } from '../lib/limits.mjs';
import { constantLoad, signInMany } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { atMost, ratio } from '../lib/targets.mjs';
import { watchword, watchwordAlone } from '../lib/watchword.mjs';

const CONNECTIONS = 32;
const NOOP = 'bare no-op';
const TUTORIAL = 'tutorial stack';
/** No target compares with these: they are measured once, and on a quiet machine only. */
const OTHERS = ['better-auth with database', 'better-auth with cookie cache', 'better-auth JWT plugin'];

export async function run({ plan, subjects, infrastructure }) {
  const measured = [];
  const noop = await subjects.start(await peer(NOOP));
  const tutorial = await peer(TUTORIAL);
  const others = plan.isFirstRun ? [watchwordAlone, ...(await Promise.all(OTHERS.map(peer)))] : [];
  if (plan.isFirstRun) measured.push(redisAlone(infrastructure.redis, CONNECTIONS));
  for (const kind of [watchword, tutorial, ...others]) {
    const subject = await subjects.start(kind);
    const sessions = await signInMany(subject, CONNECTIONS);
    const isQuietOnly = others.includes(kind);
    for (const by of ['bearer', 'cookie']) {
      const requests = sessions.map((session) => subject.authenticated(session, by)).filter(Boolean);
      if (requests.length === 0) continue; // this peer does not support it
      const load = (server, requests) =>
        costed(infrastructure, server, (seconds) =>
          constantLoad({ url: server.url, requests, seconds, connections: CONNECTIONS }),
        );
      // The same requests to a server that reads them and does nothing.
      const same = requests.map((request) => ({ ...request, path: '/noop' }));
      if (kind === watchword) measured.push({ name: `${NOOP}, ${by}`, measure: load(noop, same) });
      // The peers get a longer warm-up: they run less often in the same time, so V8 has compiled less of them.
      const isSlow = kind === tutorial || OTHERS.includes(kind.name);
      measured.push({ name: `${kind.name}, ${by}`, isSlow, isQuietOnly, measure: load(subject, requests) });
    }
  }
  return { rows: await interleave(measured, plan, plan.conditions) };
}

export const targetsOf = (rows, conditions) =>
  conditions.flatMap((condition) =>
    ['bearer', 'cookie'].flatMap((by) => {
      const of = (subject, figure) => medianOf(rows, named(`${subject}, ${by}`, condition), figure);
      const called = (what) => named(`authenticated by ${by}: ${what}`, condition);
      const against = [of('Watchword', 'cpuMs'), of(TUTORIAL, 'cpuMs')];
      return [
        ratio(called('against the no-op'), of('Watchword'), of(NOOP), condition === QUIET ? 0.5 : 0.45),
        atMost(called('CPU against the tutorial stack'), ...against, 0.2),
      ];
    }),
  );

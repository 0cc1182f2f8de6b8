// Compares sign-ins per second with argon2 alone, with the same parameters.
import { named, QUIET } from '../lib/conditions.mjs';
import { costed } from '../lib/costed.mjs';
import { argon2Alone } from '../lib/limits.mjs';
import { closedLoop } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { ratio } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

const CLIENTS = 16;
/** Enough users that none has 50 sessions, from which on a sign-in looks for sessions to end. */
const USERS = 256;
const TUTORIAL = 'tutorial stack';
/** There are few in a second, and the slow ones of few are chance. */
const LONGER = 2;

export async function run({ plan, subjects, infrastructure }) {
  const measured = [argon2Alone()];
  for (const kind of [watchword, await peer(TUTORIAL)]) {
    const subject = await subjects.start(kind);
    for (let from = 0; from < USERS; from += CLIENTS)
      await Promise.all(Array.from({ length: CLIENTS }, (_, i) => (subject.register ?? subject.signIn)(from + i)));
    let turn = 0;
    const next = () => subject.login(turn++ % USERS);
    measured.push({
      name: kind.name,
      isSlow: true,
      measure: costed(infrastructure, subject, (seconds) =>
        closedLoop({ url: subject.url, clients: CLIENTS, seconds, next }),
      ),
    });
  }
  return { rows: await interleave(measured, { ...plan, seconds: LONGER * plan.seconds }, plan.conditions) };
}

export const targetsOf = (rows, conditions) =>
  conditions.flatMap((condition) => {
    const of = (subject) => medianOf(rows, named(subject, condition));
    const called = (what) => named(`sign-in: against ${what}`, condition);
    return [
      ratio(called('argon2 alone'), of(watchword.name), of(argon2Alone().name), condition === QUIET ? 0.85 : 0.8),
      ratio(called('the tutorial stack'), of(watchword.name), of(TUTORIAL), 1.1),
    ];
  });

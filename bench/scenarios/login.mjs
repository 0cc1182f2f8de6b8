// Compares sign-ins per second with argon2 alone, with the same parameters.
import { argon2Alone } from '../lib/limits.mjs';
import { closedLoop } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { ratio } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

export const name = 'login';
const CLIENTS = 16;
/** Enough users that none has 50 sessions, from which on a sign-in looks for sessions to end. */
const USERS = 128;

export async function run({ plan, subjects }) {
  const limit = argon2Alone();
  const measured = [limit];
  for (const kind of [watchword, await peer('tutorial stack')]) {
    const subject = await subjects.start(kind);
    for (let from = 0; from < USERS; from += CLIENTS)
      await Promise.all(Array.from({ length: CLIENTS }, (_, i) => (subject.register ?? subject.signIn)(from + i)));
    let turn = 0;
    const next = () => subject.login(turn++ % USERS);
    measured.push({
      name: kind.name,
      isSlow: true,
      measure: (seconds) => closedLoop({ url: subject.url, clients: CLIENTS, seconds, next }),
    });
  }
  const rows = await interleave(measured, plan);
  const of = (subject) => medianOf(rows, subject);
  return { rows, targets: [ratio('login: against argon2 alone', of(watchword.name), of(limit.name), 0.9)] };
}

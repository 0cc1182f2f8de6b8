// Checks that 300 simultaneous sign-ins slow nobody else down, and that excess ones are refused at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closedLoop, percentiles, signInMany } from '../lib/load.mjs';
import { output } from '../lib/processes.mjs';
import { summaryOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

export const name = 'login-storm';
const USERS = 64;
/** Time for the storm's process to start and warm up. */
const WARM_UP_MS = 3_000;
const PROGRAM = fileURLToPath(new URL('../lib/storm-process.mjs', import.meta.url));

export async function run({ plan, subjects }) {
  const subject = await subjects.start(watchword);
  const [session] = await signInMany(subject, 1, USERS);
  for (let from = 0; from < USERS; from += 16)
    await Promise.all(Array.from({ length: 16 }, (_, i) => subject.register(from + i)));
  const requests = Array.from({ length: USERS }, (_, i) => subject.login(i));
  const storm = (seconds, begin) =>
    output(process.execPath, [PROGRAM, `${seconds}`, `${begin}`], {
      input: JSON.stringify({ origin: subject.url, requests }),
    });

  /** One client sends requests without a pause until `until()` returns true. */
  const ask = (until) =>
    closedLoop({
      url: subject.url,
      clients: 1,
      next: () => (until() ? undefined : subject.authenticated(session, 'bearer')),
    });
  const quietly = (seconds) => {
    const end = performance.now() + seconds * 1_000;
    return ask(() => performance.now() > end);
  };
  await quietly(2);

  const rounds = [];
  for (let round = 0; round < plan.rounds; round++) {
    const quiet = await quietly(2 * plan.seconds);
    let isOver = false;
    const stormed = storm(2 * plan.seconds, Date.now() + WARM_UP_MS).finally(() => (isOver = true));
    await sleep(WARM_UP_MS - 100);
    await subject.metrics(); // reading resets the event-loop delay
    const [seen, during] = await Promise.all([stormed, ask(() => isOver)]);
    const delay = Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(await subject.metrics())?.[1]) * 1_000;
    const { accepted, refused, msRefused } = JSON.parse(seen);
    if (refused === 0) throw new Error('No sign-in was refused: this was no storm.');
    rounds.push({ quiet, during, delay, accepted, refused, msRefused });
  }
  return results(rounds);
}

function results(rounds) {
  const figures = (of) => summaryOf(rounds.map(of));
  const quiet = figures((round) => ({ p50: round.quiet.p50, p99: round.quiet.p99 }));
  const during = figures((round) => ({ p50: round.during.p50, p99: round.during.p99 }));
  const refused = figures(({ msRefused }) => ({
    p99: percentiles(msRefused).p99,
    'ms at most': Math.max(...msRefused),
  }));
  const delay = figures(({ delay }) => ({ p99: delay }));
  return {
    rows: [
      { subject: '/auth/me, quiet', figures: quiet },
      { subject: '/auth/me, 300 sign-ins in flight', figures: during },
      { subject: "the service's event-loop delay meanwhile", figures: delay },
      { subject: 'sign-ins answered 503 `overloaded`', figures: refused },
      { subject: 'sign-ins', figures: figures(({ accepted, refused }) => ({ accepted, refused })) },
    ],
    targets: [
      target('login storm: p99 of /auth/me against its quiet p99', during.p99.median / quiet.p99.median, '≤', 3, ' ×'),
      target('login storm: event-loop delay p99', delay.p99.median, '≤', 20, ' ms'),
      target('login storm: the slowest 503', refused['ms at most'].median, '≤', 100, ' ms'),
    ],
  };
}

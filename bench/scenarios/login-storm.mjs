// Checks that 300 simultaneous sign-ins slow nobody else down, and that excess ones are refused at once.
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { named, QUIET, under } from '../lib/conditions.mjs';
import { costed } from '../lib/costed.mjs';
import { closedLoop, percentiles, signInMany } from '../lib/load.mjs';
import { output } from '../lib/processes.mjs';
import { medianOf, takenRecords } from '../lib/rounds.mjs';
import { atMost, target } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

const USERS = 64;
/** Time for the storm's process to start and warm up. */
const WARM_UP_MS = 3_000;
const PROGRAM = fileURLToPath(new URL('../lib/storm-process.mjs', import.meta.url));
const BEFORE = '/auth/me, no storm';
const DURING = '/auth/me, 300 sign-ins in flight';
const ACCEPTED = 'the sign-ins that are served';
const REFUSED = 'those answered 503 `overloaded`';
const DELAY = "the service's event-loop delay meanwhile";

export async function run({ plan, subjects, infrastructure }) {
  const subject = await subjects.start(watchword);
  const [session] = await signInMany(subject, 1, USERS);
  for (let from = 0; from < USERS; from += 16)
    await Promise.all(Array.from({ length: 16 }, (_, i) => subject.register(from + i)));
  const input = JSON.stringify({
    origin: subject.url,
    requests: Array.from({ length: USERS }, (_, i) => subject.login(i)),
  });
  const storm = async (seconds, begin) =>
    JSON.parse(await output(process.execPath, [PROGRAM, `${seconds}`, `${begin}`], { input }));

  /** One client sends requests without a pause until `until()` returns true. */
  const ask = (until) =>
    closedLoop({
      url: subject.url,
      clients: 1,
      next: () => (until() ? undefined : subject.authenticated(session, 'bearer')),
    });
  const withoutStorm = costed(infrastructure, subject, (seconds) => {
    const end = performance.now() + seconds * 1_000;
    return ask(() => performance.now() > end);
  });

  const taken = takenRecords();
  /** The processor time of the whole storm, refusals and the client of /auth/me included, is that of the sign-ins. */
  async function withStorm(seconds, called) {
    let isOver = false;
    const stormed = storm(seconds, Date.now() + WARM_UP_MS).finally(() => (isOver = true));
    await sleep(WARM_UP_MS - 100);
    await subject.metrics(); // reading resets the event-loop delay
    const accepted = await costed(infrastructure, subject, async () => {
      const [seen, during] = await Promise.all([stormed, ask(() => isOver)]);
      if (seen.msRefused.length === 0) throw new Error('No sign-in was refused: this was no storm.');
      taken.add(called(DURING), during);
      taken.add(called(REFUSED), { ...answered(seen.msRefused, seen), 'ms at most': Math.max(...seen.msRefused) });
      return { ...answered(seen.msAccepted, seen), operations: seen.msAccepted.length };
    })();
    taken.add(called(ACCEPTED), accepted);
    const p99 = Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(await subject.metrics())?.[1]) * 1_000;
    taken.add(called(DELAY), { p99 });
  }

  await withoutStorm(2);
  for (let round = 0; round < plan.rounds; round++)
    for (const condition of plan.conditions)
      await under(condition, taken, async () => {
        const called = (name) => named(name, condition);
        taken.add(called(BEFORE), await withoutStorm(2 * plan.seconds));
        await withStorm(2 * plan.seconds, called);
      });
  return { rows: taken.rows() };
}

const answered = (latencies, { seconds }) => ({
  perSecond: latencies.length / seconds,
  ...percentiles(latencies),
  latencies,
});

export function targetsOf(rows, conditions) {
  const p99 = (name, condition) => medianOf(rows, named(name, condition), 'p99');
  const storms = conditions.map((condition) => {
    const called = named('login storm: p99 of /auth/me against that without a storm', condition);
    // On the quiet machine, in both conditions: what a user is used to.
    return atMost(called, p99(DURING, condition), p99(BEFORE, QUIET), condition === QUIET ? 5 : 8);
  });
  return [
    ...storms,
    target('login storm: event-loop delay p99', p99(DELAY, QUIET), '≤', 20, ' ms'),
    target('login storm: the slowest 503', medianOf(rows, REFUSED, 'ms at most'), '≤', 100, ' ms'),
  ];
}

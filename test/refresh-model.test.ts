// Compares the service with the model of docs/protocols/refresh.md: clients, thieves, operators and time in any order.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Purge } from '../src/sessions/purge.js';
import { type Person, register } from './support/client.js';
import { ClientKey } from './support/key-proofs.js';
import { type Model, modelSettings } from './support/refresh-model.js';
import { begin, Command, type Real, someSteps, type Step } from './support/refresh-steps.js';
import { type Service, startService } from './support/service.js';

/** Sequences of up to twenty steps; the nightly run draws ten thousand. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 300);

/** Earlier failures run first: the seed that found each, and the shrunk steps that it printed. */
const regressions: { seed: number; steps: Step[] }[] = [];

describe.each([
  { grace: 60, which: 'by default', isBound: false, settings: {}, runs: RUNS },
  {
    grace: 300,
    which: 'at most',
    isBound: false,
    settings: { REFRESH_GRACE_SECONDS: '300' },
    runs: Math.ceil(RUNS / 3),
  },
  {
    ...{ grace: 60, which: 'set for sessions that are bound to a key', isBound: true, runs: Math.ceil(RUNS / 3) },
    settings: { REFRESH_GRACE_SECONDS: '60', REFRESH_GRACE_BOUND_SECONDS: '60' },
  },
])('with a grace of $grace seconds, as it is $which,', ({ grace, settings, runs, isBound }) => {
  let service: Service;
  let person: Person;
  let passwordHash = '';
  let key: ClientKey | undefined;

  beforeAll(async () => {
    service = await startService({ ...modelSettings, ...settings });
    // It would delete rows during a long run.
    await service.app.get(Purge).beforeApplicationShutdown();
    person = await register(service.url);
    key = isBound ? await ClientKey.make() : undefined;
    const [user] = await service.query<{ hash: string }>('SELECT password_hash AS hash FROM users');
    passwordHash = user?.hash ?? '';
    // The last administrator keeps the role, and a sequence of steps may take it from its user.
    await service.query(`INSERT INTO users (id, email, role) VALUES (gen_random_uuid(), 'admin@example.com', 'admin')`);
  });
  afterAll(() => service.stop());

  const run = (steps: Iterable<fc.AsyncCommand<Model, Real>>) =>
    fc.asyncModelRun(() => begin({ service, person, key }, passwordHash, grace), steps);

  it.each(regressions)('the failure that seed $seed found stays fixed', async ({ steps }) => {
    await run(steps.map((step) => new Command(step)));
  });

  it(
    'the service answers every sequence of steps as the model of the protocol does',
    async () => {
      await fc.assert(fc.asyncProperty(someSteps, run), { numRuns: runs });
    },
    300_000 + RUNS * 500,
  );
});

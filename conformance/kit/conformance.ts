// A run: every chosen scenario, in rounds, on one stage. It ends at the first line that is not of the protocol.
import type { ClientChoice } from './device.js';
import type { Outcome } from './outcome.js';
import { Round, type Scenario } from './round.js';
import { setUp, type Stage } from './stage.js';

export interface Run {
  readonly client: ClientChoice;
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  readonly seed: number;
  /** In each round, with one process each, in place of the scenario's own. */
  readonly devices?: number;
  /** Below 1 for a shorter run: the faults last so much shorter. */
  readonly pace?: number;
  /** Of the service, in place of the kit's own: a database, for example. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** @throws ProtocolError */
export async function conformance(run: Run): Promise<Outcome[]> {
  const stage = await setUp(run.settings);
  try {
    const outcomes: Outcome[] = [];
    for (const scenario of run.scenarios) {
      for (let number = 1; number <= run.rounds; number++) {
        const outcome = await play(stage, run, scenario, number);
        outcomes.push(outcome);
        run.onOutcome?.(outcome);
      }
    }
    return outcomes;
  } finally {
    await stage.stop();
  }
}

async function play(stage: Stage, run: Run, scenario: Scenario, number: number): Promise<Outcome> {
  const { client, seed, pace = 1, devices } = run;
  const roundSeed = (seed + 7_919 * (number - 1)) % 1e9;
  const lacks =
    scenario.needs === 'redis' && !stage.redis
      ? 'there is no redis-server here'
      : scenario.needs === 'bearer' && client.transport !== 'bearer'
        ? 'needs the transport bearer'
        : undefined;
  if (lacks === undefined) {
    const sized = devices === undefined ? scenario : { ...scenario, devices: Array<number>(devices).fill(1) };
    return new Round(stage, client, sized, { seed: roundSeed, pace }).run();
  }
  const none = { logouts: [], doubleSuccessors: [], leaks: [], missedEnds: [], stuck: [], recoveriesMs: [] };
  return { scenario: scenario.name, seed: roundSeed, sessions: 0, ...none, refreshes: 0, lives: 0, skipped: lacks };
}

// The schedules with which Spin breaks a model that lacks a guard, replayed on the service: it has the guard, and the
// invariant holds. scripts/mutations/models.mjs takes the guard out of the service, too, which then breaks as the model did.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replayRefresh, startRefreshBridge } from './support/refresh-bridge.js';
import { replayRevocation, type RevocationBridge, startRevocationBridge } from './support/revocation-bridge.js';
import { scheduleOf } from './support/schedules.js';

interface Case {
  /** A mutant of the model. */
  readonly mutant: string;
  /** The invariant that its schedule breaks. */
  readonly breaks: string;
  /** What the service does instead of which steps. */
  readonly instead: Readonly<Record<string, string>>;
}

const ofRefresh: readonly Case[] = [
  {
    mutant: 'LOOK_THEN_SET',
    breaks: 'R1',
    instead: {
      '1: looks: the token is current 1': '1: rotation is next',
      '0: looks: the token is current 1': '0: rotation is next',
      '0: rotation: token 2 of generation 2': '0: rotation finds nothing',
    },
  },
  {
    mutant: 'NO_GRACE_LIMIT',
    breaks: 'R3',
    instead: { '1: replay of 0: the successor is 1': '1: endedForReuse is next' },
  },
  {
    mutant: 'GRACE_SLIDES',
    breaks: 'R3',
    instead: { '0: replay of 0: the successor is 1': '0: endedForReuse is next' },
  },
  {
    mutant: 'REPLAY_UNCHECKED',
    breaks: 'R3',
    instead: { '0: replay of 0: the successor is 1': '0: replay finds nothing' },
  },
  {
    mutant: 'PUNISH_UNCHECKED',
    breaks: 'R2',
    instead: { '0: endedForReuse: token 0 was presented, 2 alert(s)': '0: endedForReuse finds nothing' },
  },
];

describe('the refresh', () => {
  let instances: Awaited<ReturnType<typeof startRefreshBridge>>;
  beforeAll(async () => {
    instances = await startRefreshBridge();
  });
  afterAll(() => Promise.all(instances.map((each) => each.stop())));

  for (const each of ofRefresh)
    it(`${each.breaks}: holds on the schedule that breaks the model without a guard, ${each.mutant}`, async () => {
      const { lines, breaks } = scheduleOf(`refresh-${each.mutant}`);
      expect(breaks).toContain(each.breaks);
      expectGuarded(await replayRefresh(instances, lines), each);
    });
});

const refused = {
  '3: asks: dead 0': '3: asks: nothing is known',
  '3: judges: dead 0, after the 2xx 1': '3: judges: dead 1, after the 2xx 1',
};
const ofRevocation: readonly Case[] = [
  {
    mutant: 'NO_LEASE',
    breaks: 'V2',
    instead: { '2: FILL: dead 0': '2: FILL: the lease is lost', ...refused },
  },
  {
    mutant: 'JOINED_READS',
    breaks: 'V11',
    instead: {
      '1: takes what the other has read': '1: LEASE is next',
      '1: judges: dead 0, after the 2xx 1': '1: judges: dead 1, after the 2xx 1',
    },
  },
  { mutant: 'DEL_BEFORE_COMMIT', breaks: 'V1', instead: { DEL: 'COMMIT is next', ...refused } },
  { mutant: 'RUN_ID_ALONE', breaks: 'V3', instead: refused },
];

describe('the revocation', () => {
  let bridge: RevocationBridge;
  beforeAll(async () => {
    bridge = await startRevocationBridge();
  });
  afterAll(() => bridge.stop());

  for (const each of ofRevocation)
    it(`${each.breaks}: holds on the schedule that breaks the model without a guard, ${each.mutant}`, async () => {
      const { lines, breaks } = scheduleOf(`revocation-${each.mutant}`);
      expect(breaks).toContain(each.breaks);
      expectGuarded(await replayRevocation(bridge, lines), each);
    });
});

interface Outcome {
  readonly instead: Readonly<Record<string, string>>;
  readonly broken: readonly string[];
}

function expectGuarded({ instead, broken }: Outcome, expected: Case): void {
  // A service without the guard is the model's mutant only if it takes every step and breaks the same invariant.
  const isAsPredicted = Object.keys(instead).length === 0 && broken.includes(expected.breaks);
  expect(isAsPredicted, `As in the model: every step was taken, and ${expected.breaks} is broken.`).toBe(false);
  expect({ instead, broken }).toEqual({ instead: expected.instead, broken: [] });
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  isObjection,
  LEAD_SECONDS,
  nextRotationAt,
  partsOf,
  planFirstKeys,
  planImport,
  planRevocation,
  planRotation,
  planUpkeep,
} from './rotation.js';
import { after, DAY, KeyTable, policy, start } from '../../test/support/key-table.js';

type Act =
  | { act: 'wait'; seconds: number }
  | { act: 'rotate'; force: boolean }
  | { act: 'import' }
  | { act: 'revoke'; which: number };

const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('wait' as const),
      seconds: fc.oneof(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 5_000 }),
        fc.integer({ min: 1, max: 40 * DAY }),
      ),
    }),
  },
  fc.record({ act: fc.constant('rotate' as const), force: fc.boolean() }),
  fc.record({ act: fc.constant('import' as const) }),
  fc.record({ act: fc.constant('revoke' as const), which: fc.nat(12) }),
);

function perform(table: KeyTable, act: Act): void {
  if (act.act === 'wait') table.now = after(table.now, act.seconds);
  else if (act.act === 'import') table.apply(planImport(table.keys, table.now));
  else {
    const kid = table.keys.at(-1 - ((act.act === 'revoke' ? act.which : 0) % table.keys.length))!.kid;
    const plan =
      act.act === 'revoke'
        ? planRevocation(table.keys, kid, table.now)
        : planRotation(table.keys, table.now, policy, act.force);
    if (!isObjection(plan)) table.apply(plan, act.act === 'revoke' || act.force);
  }
  table.upkeep();
  table.sign();
}

describe('the plan', () => {
  it('K1 K2: one signer at every instant, published W1 ahead, whatever operators and time do', () => {
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 40 }), (list) => {
        const table = new KeyTable();
        table.apply(planFirstKeys(table.keys, table.now));
        for (const act of list) {
          perform(table, act);
          table.expectSound();
        }
      }),
      { numRuns: 400 },
    );
  });

  it('a year by the hour: twelve rotations, each on its day, and nothing left of the old keys but their names', () => {
    const table = new KeyTable();
    table.apply(planFirstKeys(table.keys, table.now));
    for (let hour = 0; hour < 365 * 24; hour++) {
      table.now = after(start, hour * 3_600);
      table.upkeep();
      table.sign();
      table.expectSound();
    }
    expect(table.keys).toHaveLength(14);
    expect(table.keys.filter((key) => key.privateSealed)).toHaveLength(2);
    const [first, second] = table.keys;
    expect(first?.retireAt).toEqual(second?.activateAt);
    expect(Math.abs(second!.activateAt!.getTime() - after(start, 30 * DAY).getTime())).toBeLessThanOrEqual(3_600_000);
  });

  it('rotates to the second when it looks each second', () => {
    const table = new KeyTable();
    table.apply(planFirstKeys(table.keys, table.now));
    table.now = after(start, 30 * DAY - LEAD_SECONDS - 1);
    table.upkeep();
    expect(partsOf(table.keys, table.now).successor).toBeUndefined();
    table.now = after(table.now, 1);
    table.upkeep();
    expect(partsOf(table.keys, table.now).successor?.activateAt).toEqual(after(start, 30 * DAY));
  });

  it('does nothing to an empty ring: only a first start or an operator may', () => {
    expect(planUpkeep([], start, policy)).toEqual([]);
  });

  it('waits for a young standby, and says until when', () => {
    const table = new KeyTable();
    table.apply(planFirstKeys(table.keys, table.now));
    const plan = planRotation(table.keys, start, policy, false);
    expect(plan).toMatchObject({ objection: 'standby_too_young', from: after(start, DAY) });
    table.apply(planImport(table.keys, (table.now = after(start, 29.5 * DAY))));
    expect(nextRotationAt(table.keys, table.now, policy)).toEqual(after(start, 30.5 * DAY));
  });

  it('revoking the successor reopens the signer, revoking the signer in that minute lets the successor sign at once', () => {
    for (const victim of ['successor', 'signer'] as const) {
      const table = new KeyTable();
      table.apply(planFirstKeys(table.keys, table.now));
      table.now = after(start, 2 * DAY);
      table.apply(planRotation(table.keys, table.now, policy, false) as Change[]);
      table.now = after(table.now, 10);
      const { signer, successor } = partsOf(table.keys, table.now);
      const [dies, lives] = victim === 'signer' ? [signer!, successor!] : [successor!, signer!];
      table.apply(planRevocation(table.keys, dies.kid, table.now) as Change[]);
      for (const seconds of [0, 49, 50, 51, 9_999]) {
        expect(table.signers(after(table.now, seconds)).map(({ kid }) => kid)).toEqual([lives.kid]);
      }
    }
  });

  it.each([
    ['unknown_key', 'key-9'],
    ['revoked_already', 'key-3'],
    ['removed_already', 'key-2'],
  ])('objects: %s', (objection, kid) => {
    const table = new KeyTable();
    table.apply(planFirstKeys(table.keys, table.now));
    table.apply(planImport(table.keys, table.now));
    table.apply(planRevocation(table.keys, 'key-3', table.now) as Change[]);
    expect(planRevocation(table.keys, kid, table.now)).toEqual({ objection });
  });
});

// An in-memory model of the table of signing keys. It applies plans and checks the invariants after each.
import assert from 'node:assert/strict';
import {
  type Change,
  columnsOf,
  LEAD_SECONDS,
  partsOf,
  type PlannedKey,
  planUpkeep,
  type Policy,
} from '../../src/keys/rotation.js';
import { stateOf } from '../../src/keys/signing-key.js';

export const DAY = 86_400;
export const policy: Policy = { rotationDays: 30, publishAheadSeconds: DAY, removeAfterSeconds: 3_600 };
export const start = new Date('2026-01-01T00:00:00Z');
export const after = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1_000);

/** The table and the tokens that were signed. */
export class KeyTable {
  keys: PlannedKey[] = [];
  now = start;
  private made = 0;
  /** Keys that may sign while young: first keys, forced ones, successors of a revoked key. */
  readonly excused = new Set<string>();
  tokens: { kid: string; exp: Date }[] = [];

  apply(changes: readonly Change[], isExcused = false): void {
    for (const change of changes) {
      if (change.type === 'publish') {
        const kid = `key-${++this.made}`;
        const { activateAt } = change;
        const row = { kid, publishedAt: this.now, activateAt, retireAt: null, removeAt: null, revokedAt: null };
        this.keys.push({ ...row, privateSealed: Buffer.alloc(1) });
        if (activateAt) this.excused.add(kid);
      } else {
        const row = this.keys.find(({ kid }) => kid === change.kid);
        Object.assign(row!, columnsOf(change));
        if (isExcused && change.type === 'activate') this.excused.add(change.kid);
      }
      this.expectNoOverlap();
    }
  }

  /** Checks the same as the exclusion constraint after each statement. */
  private expectNoOverlap(): void {
    const spans = this.keys
      .filter((key) => key.activateAt && !key.revokedAt)
      .map((key) => [key.activateAt!.getTime(), key.retireAt?.getTime() ?? Infinity] as const)
      .toSorted(([a], [b]) => a - b);
    for (const [index, [from, to]] of spans.entries()) {
      assert.ok(from < to);
      assert.ok(to <= (spans[index + 1]?.[0] ?? Infinity), 'two keys sign at once');
    }
  }

  upkeep(): void {
    this.apply(planUpkeep(this.keys, this.now, policy));
    assert.deepEqual(planUpkeep(this.keys, this.now, policy), []);
  }

  signers(time: Date) {
    return this.keys.filter((key) => stateOf(key, time) === 'signing');
  }

  sign(): void {
    const [signer] = this.signers(this.now);
    this.tokens.push({ kid: signer!.kid, exp: after(this.now, 900) });
    this.tokens = this.tokens.filter(({ exp }) => exp > this.now);
  }

  expectSound(): void {
    for (const seconds of [0, LEAD_SECONDS - 0.001, LEAD_SECONDS, LEAD_SECONDS + 0.001, 2 * LEAD_SECONDS]) {
      assert.equal(this.signers(after(this.now, seconds)).length, 1);
    }
    assert.ok(partsOf(this.keys, this.now).standby);
    for (const key of this.keys) {
      if (stateOf(key, this.now) === 'removed') assert.equal(key.privateSealed, null);
      if (!key.activateAt || key.revokedAt || this.excused.has(key.kid)) continue;
      assert.ok(key.activateAt.getTime() - key.publishedAt.getTime() >= DAY * 1_000, 'signs too young');
    }
    for (const { kid } of this.tokens) {
      const key = this.keys.find((candidate) => candidate.kid === kid)!;
      assert.ok(key.revokedAt || stateOf(key, this.now) !== 'removed', 'a live token has no key');
    }
  }
}

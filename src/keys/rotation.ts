// Plans which changes the keys need now. Pure: rows and the database's time go in, changes come out
// (docs/protocols/keys.md).
import type { Config } from '../config/config.js';
import { type KeyState, type SigningKeyRow, stateOf } from './signing-key.js';

/** A row, as far as the plan looks at it. */
export type PlannedKey = Omit<SigningKeyRow, 'alg' | 'publicJwk'>;

export interface Policy {
  readonly rotationDays: number;
  /** W1: no key signs that was published less than this ago. */
  readonly publishAheadSeconds: number;
  /** W2: how long a key that has stopped signing stays in the key set. */
  readonly removeAfterSeconds: number;
}

export const policyOf = (config: Config): Policy => ({
  rotationDays: config.KEY_ROTATION_DAYS,
  publishAheadSeconds: config.KEY_PUBLISH_AHEAD_SECONDS,
  removeAfterSeconds: config.KEY_REMOVE_AFTER_SECONDS,
});

/**
 * A rotation is written down this long before it takes effect: every instance has loaded it by
 * then.
 */
export const LEAD_SECONDS = 60;

/**
 * In this order in every plan: what ends a key's signing comes before what lets another one sign.
 */
export type Change =
  | { readonly type: 'remove' | 'revoke' | 'activate'; readonly kid: string; readonly at: Date }
  | { readonly type: 'retire'; readonly kid: string; readonly at: Date; readonly removeAt: Date }
  | { readonly type: 'reopen'; readonly kid: string }
  /** A new key; `activateAt` null is a standby. */
  | { readonly type: 'publish'; readonly activateAt: Date | null; readonly isImported: boolean };

/** Why a plan asked for by an operator is not carried out. */
export type Objection =
  | { readonly objection: 'no_signer' | 'no_standby' | 'unknown_key' | 'removed_already' | 'revoked_already' }
  /** `as`: the kid that the imported key, or the name it was to have, belongs to. */
  | { readonly objection: 'kid_used' | 'key_used'; readonly as: string }
  | { readonly objection: 'rotating_already'; readonly to: string; readonly at: Date }
  /** `from`: when the standby will have been published long enough. */
  | { readonly objection: 'standby_too_young'; readonly kid: string; readonly publishedAt: Date; readonly from: Date };

export const isObjection = (plan: readonly Change[] | Objection): plan is Objection => 'objection' in plan;

const later = (time: Date, seconds: number) => new Date(time.getTime() + seconds * 1_000);
const make = (activateAt: Date | null): Change => ({ type: 'publish', activateAt, isImported: false });

/** Which key has which part at that instant. A successor is a standby whose hour is set. */
export function partsOf<Key extends PlannedKey>(keys: readonly Key[], now: Date) {
  const inState = (state: KeyState) => keys.filter((key) => stateOf(key, now) === state);
  const waiting = inState('standby');
  const byAge = (a: Key, b: Key) => a.publishedAt.getTime() - b.publishedAt.getTime();
  const [signer] = inState('signing');
  const [standby] = waiting.filter((key) => !key.activateAt).toSorted(byAge);
  return { signer, successor: waiting.find((key) => key.activateAt), standby };
}

/** When the signer is to hand over; never before the standby has been published long enough. */
export function nextRotationAt(keys: readonly PlannedKey[], now: Date, policy: Policy): Date | undefined {
  const { signer, standby } = partsOf(keys, now);
  if (!signer?.activateAt) return undefined;
  if (signer.retireAt) return signer.retireAt;
  const due = later(signer.activateAt, policy.rotationDays * 86_400);
  const ready = later(standby?.publishedAt ?? now, policy.publishAheadSeconds);
  return due > ready ? due : ready;
}

/** The first start of an empty database. */
export const planFirstKeys = (keys: readonly PlannedKey[], now: Date): Change[] =>
  keys.length > 0 ? [] : [make(now), make(null)];

/**
 * What the service does by itself. An empty ring is left alone: that is the first start's, or an
 * operator's, affair.
 */
export function planUpkeep(keys: readonly PlannedKey[], now: Date, policy: Policy): Change[] {
  if (keys.length === 0) return [];
  const gone = keys.filter((key) => stateOf(key, now) === 'removed' && key.privateSealed);
  const changes: Change[] = gone.map(({ kid, removeAt }) => ({ type: 'remove', kid, at: removeAt ?? now }));
  const { signer, successor, standby } = partsOf(keys, now);
  if (!signer) {
    const heir = successor ?? standby;
    changes.push(heir ? { type: 'activate', kid: heir.kid, at: now } : make(now));
    if (!standby || heir === standby) changes.push(make(null));
    return changes;
  }
  if (!standby) return [...changes, make(null)];
  const at = nextRotationAt(keys, now, policy);
  const isDue = at && at <= later(now, LEAD_SECONDS) && !signer.retireAt;
  return isDue ? [...changes, ...handOver(signer.kid, standby.kid, now, policy)] : changes;
}

/** An operator's rotation, ahead of its time. */
export function planRotation(keys: readonly PlannedKey[], now: Date, policy: Policy, isForced: boolean) {
  const { signer, successor, standby } = partsOf(keys, now);
  if (signer?.retireAt && successor) {
    return { objection: 'rotating_already', to: successor.kid, at: signer.retireAt } satisfies Objection;
  }
  if (!signer) return { objection: 'no_signer' } satisfies Objection;
  if (!standby) return { objection: 'no_standby' } satisfies Objection;
  const from = later(standby.publishedAt, policy.publishAheadSeconds);
  if (!isForced && from > later(now, LEAD_SECONDS)) {
    const { kid, publishedAt } = standby;
    return { objection: 'standby_too_young', kid, publishedAt, from } satisfies Objection;
  }
  return handOver(signer.kid, standby.kid, now, policy);
}

function handOver(from: string, to: string, now: Date, policy: Policy): Change[] {
  const at = later(now, LEAD_SECONDS);
  return [
    { type: 'retire', kid: from, at, removeAt: later(at, policy.removeAfterSeconds) },
    { type: 'activate', kid: to, at },
    make(null),
  ];
}

/**
 * The key dies now. The next key in line signs at once; the service then publishes what is missing
 * (planUpkeep).
 */
export function planRevocation(keys: readonly PlannedKey[], kid: string, now: Date): Change[] | Objection {
  const key = keys.find((candidate) => candidate.kid === kid);
  if (!key) return { objection: 'unknown_key' };
  if (key.revokedAt) return { objection: 'revoked_already' };
  const state = stateOf(key, now);
  if (state === 'removed') return { objection: 'removed_already' };
  const { signer, successor, standby } = partsOf(keys, now);
  const changes: Change[] = [{ type: 'revoke', kid, at: now }];
  const heir = successor ?? standby;
  if (state === 'signing' && heir) changes.push({ type: 'activate', kid: heir.kid, at: now });
  if (key === successor && signer) changes.push({ type: 'reopen', kid: signer.kid });
  return changes;
}

/**
 * An operator's own key: signs at once where nothing signs, else takes the place of the standby and
 * waits out W1 anew.
 */
export function planImport(keys: readonly PlannedKey[], now: Date): Change[] {
  const { signer, standby } = partsOf(keys, now);
  const imported = { type: 'publish', isImported: true } as const;
  if (!signer) return [{ ...imported, activateAt: now }, ...(standby ? [] : [make(null)])];
  const replaced: Change[] = standby ? [{ type: 'remove', kid: standby.kid, at: now }] : [];
  return [...replaced, { ...imported, activateAt: null }];
}

/**
 * The columns that a change sets: what the database is told, and what the model in the tests is
 * told.
 */
export function columnsOf(change: Exclude<Change, { type: 'publish' }>): Partial<PlannedKey> {
  switch (change.type) {
    case 'activate':
      return { activateAt: change.at };
    case 'retire':
      return { retireAt: change.at, removeAt: change.removeAt };
    case 'reopen':
      return { retireAt: null, removeAt: null };
    case 'remove':
      return { removeAt: change.at, privateSealed: null };
    default:
      return { revokedAt: change.at, privateSealed: null };
  }
}

// The table of signing keys: read as one snapshot, changed by one at a time. Nothing here needs the
// key-encryption key.
import { Injectable } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import type { AuditEvent } from '../audit/events.js';
import { timeOf } from '../database/schema/columns.js';
import { Database, type Queries, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { keyRingVersion, signingKeys } from '../database/schema/keys.js';
import { isStandby, refuseStandby } from '../database/connections/standby.js';
import type { Caller } from '../http/caller.js';
import { withoutStatement } from '../runtime/reason.js';
import { type Change, columnsOf, isObjection, type Objection } from './rotation.js';
import type { SealedKey, SigningKeyRow } from './signing-key.js';

/** Arbitrary but fixed: the holder of this advisory lock may change the set of keys. */
export const KEY_LOCK = 7_737_002;

export interface Snapshot {
  /** Differs from the last one when anything has changed (a trigger moves it). */
  readonly version: number;
  /** The database's time. */
  readonly now: Date;
  readonly keys: readonly SigningKeyRow[];
}

export type Plan = readonly Change[] | Objection;
export type Decide = (keys: readonly SigningKeyRow[], now: Date) => Plan;

@Injectable()
export class SigningKeys {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  /** One row: cheap enough for every instance and every second. */
  async version(): Promise<Pick<Snapshot, 'version' | 'now'>> {
    const [row] = await this.database.select({ version: keyRingVersion.version, now, isStandby }).from(keyRingVersion);
    if (!row) throw new Error('key_ring_version has lost its row: restore it from a backup.');
    refuseStandby(row);
    return row;
  }

  /** Every key there ever was: a revoked or removed kid is told from an unknown one. */
  async load(queries: Queries = this.database): Promise<Snapshot> {
    const rows = await queries
      .select({ version: keyRingVersion.version, now, isStandby, key: signingKeys })
      .from(keyRingVersion)
      .leftJoin(signingKeys, sql`true`);
    const [first] = rows;
    if (!first) throw new Error('key_ring_version has lost its row: restore it from a backup.');
    refuseStandby(first);
    return { version: first.version, now: first.now, keys: rows.flatMap(({ key }) => key ?? []) };
  }

  /**
   * Decides and acts in one transaction, under the lock; every act is an audit event of the same
   * transaction.
   * @param made keys for the plan's `publish` changes, in their order: RSA keys take seconds, so
   * they are made before
   */
  async change(decide: Decide, made: readonly SealedKey[], caller: Caller | null): Promise<Plan> {
    return inTransaction(this.database, async (tx) => {
      await lockKeys(tx);
      const { keys, now } = await this.load(tx);
      const plan = decide(keys, now);
      if (isObjection(plan) || plan.length === 0) return plan;
      const unused = [...made];
      const events: AuditEvent[] = [];
      for (const change of plan) events.push(...(await apply(tx, change, now, unused)));
      await this.audit.record(tx, events, caller);
      return plan;
    });
  }
}

const now = sql`protocol_now()`.mapWith(timeOf);

/**
 * Less than a statement may take (database/connections/session-settings.ts), so that a lock that another
 * session holds has a sentence of its own.
 */
const LOCK_SECONDS = 3;
const LOCK_NOT_AVAILABLE = '55P03';

/** @throws a sentence where another session does not let go of the keys */
export async function lockKeys(tx: Transaction): Promise<void> {
  await tx.execute(sql`select set_config('lock_timeout', ${`${LOCK_SECONDS}s`}, true)`);
  await tx.execute(sql`select pg_advisory_xact_lock(${KEY_LOCK})`).catch(sayWhoHolds);
  // Behind two entry nodes, two sessions may hold the advisory lock: the row decides.
  await tx.execute(sql`select from ${keyRingVersion} for update`).catch(sayWhoHolds);
}

/** Without the cause, which would make it read as a database that cannot be used. */
function sayWhoHolds(error: unknown): never {
  const { code } = withoutStatement(error) as { code?: unknown };
  if (code !== LOCK_NOT_AVAILABLE) throw error;
  throw new Error(
    `Another session has held the lock on the signing keys for ${LOCK_SECONDS} seconds, and nothing was changed: ` +
      'docs/operations/key-compromise.md says how to end it.',
  );
}

async function apply(tx: Transaction, change: Change, now: Date, made: SealedKey[]): Promise<AuditEvent[]> {
  if (change.type !== 'publish') {
    await tx.update(signingKeys).set(columnsOf(change)).where(eq(signingKeys.kid, change.kid));
    return [eventOf(change)];
  }
  const { activateAt, isImported } = change;
  const key = made.shift();
  if (!key) throw new Error('The keys were changed by somebody else at the same moment: try again.');
  await tx.insert(signingKeys).values({ ...key, alg: 'RS256', publishedAt: now, activateAt });
  const { kid } = key;
  const published: AuditEvent = { type: isImported ? 'key.imported' : 'key.published', kid };
  return activateAt ? [published, eventOf({ type: 'activate', kid, at: activateAt })] : [published];
}

function eventOf(change: Exclude<Change, { type: 'publish' }>): AuditEvent {
  const { kid } = change;
  if (change.type === 'reopen') return { type: 'key.reopened', kid };
  const names = { activate: 'activated', retire: 'retired', remove: 'removed', revoke: 'revoked' } as const;
  return { type: `key.${names[change.type]}`, kid, at: change.at.toISOString() };
}

// The passkeys of users. No other code writes them.
import { Injectable } from '@nestjs/common';
import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Config } from '../../config/config.js';
import { Database, type Queries } from '../../database/database.js';
import { passkeys, spentChallenges } from '../../database/schema/passkeys.js';
import { given, Prepared } from '../../database/prepared.js';
import { users } from '../../database/schema/users-and-sessions.js';

export type Passkey = typeof passkeys.$inferSelect;
export type NewPasskey = Omit<Passkey, 'id' | 'rpId' | 'createdAt' | 'lastUsedAt'>;

export const MAX_PASSKEYS = 10;

/** A passkey that was presented, and the time. */
export interface Presented {
  readonly now: Date;
  /** The challenge was met before. */
  readonly isSpent: boolean;
  /** Null where the user has no such passkey under our domain. */
  readonly publicKey: Buffer | null;
  readonly signCount: number;
  readonly backupEligible: boolean;
}

@Injectable()
export class Passkeys {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  listOf(userId: string): Promise<Passkey[]> {
    return this.database.select().from(passkeys).where(eq(passkeys.userId, userId)).orderBy(passkeys.id);
  }

  async present(userId: string, credentialId: Buffer, challengeHash: Buffer): Promise<Presented> {
    const values = { userId, credentialId, challengeHash, rpId: this.config.relyingParty.id };
    const [row] = await presented.run(this.database, values);
    if (!row) throw new Error('The database returned no time.');
    return { ...row, signCount: Number(row.signCount) };
  }

  async has(userId: string, credentialId: Buffer): Promise<boolean> {
    const rows = await this.database.select({ id: passkeys.id }).from(passkeys).where(byKey(userId, credentialId));
    return rows.length > 0;
  }

  /** Additions to one user take turns, so that there are never more than the maximum. */
  async add(tx: Queries, passkey: NewPasskey): Promise<{ id: string } | 'full' | 'known'> {
    const { userId } = passkey;
    await tx.execute(sql`select from ${users} where id = ${userId} for no key update`);
    const others = await tx.select({ id: passkeys.id }).from(passkeys).where(eq(passkeys.userId, userId));
    if (others.length >= MAX_PASSKEYS) return 'full';
    const row = { ...passkey, id: uuidv7(), rpId: this.config.relyingParty.id };
    const [added] = await tx.insert(passkeys).values(row).onConflictDoNothing().returning({ id: passkeys.id });
    return added ?? 'known';
  }

  /**
   * Moves the counter of a passkey that was used. An authenticator that counts counts up; one whose counter stands or goes
   * back may be a copy (WebAuthn §6.1.1).
   * @returns false if its counter went back, or it is gone
   */
  async use(tx: Queries, userId: string, credentialId: Buffer, seen: Seen): Promise<boolean> {
    const { signCount, backupEligible, backedUp } = seen;
    const used = await tx
      .update(passkeys)
      .set({ signCount, backupEligible, backedUp, lastUsedAt: sql`protocol_now()` })
      .where(
        and(
          byKey(userId, credentialId),
          sql`(${passkeys.signCount} < ${signCount} or (${passkeys.signCount} = 0 and ${signCount} = 0))`,
        ),
      )
      .returning({ id: passkeys.id });
    return used.length === 1;
  }

  async rename(tx: Queries, userId: string, id: string, name: string): Promise<boolean> {
    const { rowCount } = await tx.update(passkeys).set({ name }).where(byId(userId, id));
    return rowCount === 1;
  }

  async remove(tx: Queries, userId: string, id: string): Promise<boolean> {
    const { rowCount } = await tx.delete(passkeys).where(byId(userId, id));
    return rowCount === 1;
  }

  /** @returns how many there were */
  async removeAll(tx: Queries, userId: string): Promise<number> {
    return (await tx.delete(passkeys).where(eq(passkeys.userId, userId))).rowCount ?? 0;
  }
}

interface Seen {
  readonly signCount: number;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
}

const byKey = (userId: string, credentialId: Buffer) =>
  and(eq(passkeys.userId, userId), eq(passkeys.credentialId, credentialId));
const byId = (userId: string, id: string) => and(eq(passkeys.userId, userId), eq(passkeys.id, id));

const presented = new Prepared<Omit<Presented, 'signCount'> & { signCount: string }>(
  'presented_passkey',
  sql`
  select now, p.public_key as "publicKey", p.sign_count as "signCount", p.backup_eligible as "backupEligible",
         exists (select from ${spentChallenges}
                  where user_id = ${given('userId')} and hash = ${given('challengeHash')}) as "isSpent"
    from protocol_now() as now
    left join ${passkeys} p on p.user_id = ${given('userId')} and p.credential_id = ${given('credentialId')}
                           and p.rp_id = ${given('rpId')}`,
);

// Reads the rows of `users` and changes them by conditional statements.
import { Injectable } from '@nestjs/common';
import { and, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import * as z from 'zod';
import { Database, type Queries } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema/users-and-sessions.js';
import type { Role } from '../database/schema/vocabularies.js';
import { dueOf, type FactorKind, heldFactors } from './held-factors.js';
import { UserEmails } from './user-emails.js';

export type User = typeof users.$inferSelect;

/** What holders of the user's tokens may see. Every change of it increments `tokenVersion` (users/public-users.ts). */
export const publicUser = z
  .object({ id: z.uuid(), email: z.string(), role: z.string(), emailVerified: z.boolean() })
  .meta({ id: 'User' });

export type PublicUser = Readonly<z.output<typeof publicUser>>;

export const toPublicUser = (user: Pick<User, 'id' | 'email' | 'role' | 'emailVerifiedAt'>): PublicUser => ({
  id: user.id,
  email: user.email,
  role: user.role,
  emailVerified: user.emailVerifiedAt !== null,
});

/** A user as they were when a link was made for them (tokens/one-time-tokens.ts). */
export interface LinkedUser {
  readonly userId: string;
  readonly boundEmail: string | null;
  readonly sessionEpoch: number | null;
}

@Injectable()
export class Users {
  constructor(
    private readonly database: Database,
    private readonly emails: UserEmails,
  ) {}

  /** Two statements, whether there is such a user or not: neither asks more than one shard. */
  async findByEmail(email: string): Promise<User | undefined> {
    const id = await this.emails.find(email);
    const [user] = await byIdAndEmail.run(this.database, { id, email });
    return user;
  }

  /** The same, with the second factors that are due: a change of them changes `credentialVersion` as well. */
  async findForSignIn(email: string): Promise<(User & { readonly dueFactors: readonly FactorKind[] }) | undefined> {
    const id = await this.emails.find(email);
    const [found] = await forSignIn.run(this.database, { id, email });
    if (!found) return undefined;
    const { totp, recovery_code, passkey, ...user } = found;
    return { ...user, dueFactors: dueOf({ totp, recovery_code, passkey }) };
  }

  async findById(id: string): Promise<User | undefined> {
    const [user] = await byId.run(this.database, { id });
    return user;
  }

  /** @returns undefined when the address is taken. */
  async create(
    tx: Queries,
    email: string,
    passwordHash: string | null,
    { role = 'user', isVerified = false }: { readonly role?: Role; readonly isVerified?: boolean } = {},
  ): Promise<User | undefined> {
    const id = uuidv7();
    if ((await this.emails.claim(tx, email, id)) !== id) return undefined;
    const emailVerifiedAt = isVerified ? sql`protocol_now()` : null;
    const [user] = await tx.insert(users).values({ id, email, passwordHash, role, emailVerifiedAt }).returning();
    return user;
  }

  /** Compare and set: a password change in the meantime wins. */
  async replaceHash(id: string, from: string, to: string): Promise<boolean> {
    const replaced = await this.database
      .update(users)
      .set({ passwordHash: to })
      .where(and(eq(users.id, id), eq(users.passwordHash, from), isNull(users.disabledAt)))
      .returning({ id: users.id });
    return replaced.length > 0;
  }

  /**
   * Compares and sets the hash that was verified, so that one of two changes wins, and increments both counters.
   * @returns the changed user, undefined if the user changed meanwhile or is disabled
   */
  async changePassword(tx: Queries, id: string, from: string, to: string): Promise<User | undefined> {
    const [user] = await tx
      .update(users)
      .set({ ...bothBumped, passwordHash: to, credentialVersion: sql`${users.credentialVersion} + 1` })
      .where(and(eq(users.id, id), eq(users.passwordHash, from), isNull(users.disabledAt)))
      .returning();
    return user;
  }

  /**
   * Sets a password for whoever has shown that they read the address, which thereby is verified, and increments both
   * counters.
   * @param at how the user was when the link was made
   * @returns the changed user, undefined if the user changed meanwhile or is disabled
   */
  async resetPassword(tx: Queries, at: LinkedUser, to: string): Promise<User | undefined> {
    const [user] = await tx
      .update(users)
      .set({
        ...{ ...bothBumped, ...addressShown, passwordHash: to },
        credentialVersion: sql`${users.credentialVersion} + 1`,
      })
      .where(isStill(at))
      .returning();
    return user;
  }

  /**
   * Marks the address as verified: a pending account becomes a full one.
   * @returns the changed user, undefined if the user changed meanwhile or is disabled
   */
  async verifyAddress(tx: Queries, at: LinkedUser): Promise<User | undefined> {
    const [user] = await tx
      .update(users)
      .set({ ...addressShown, tokenVersion: sql`${users.tokenVersion} + 1` })
      .where(isStill(at))
      .returning();
    return user;
  }

  /** Ends every access token (the version) and every session (the epoch) of the user at once. */
  async bumpBoth(tx: Queries, id: string): Promise<void> {
    await tx.update(users).set(bothBumped).where(eq(users.id, id));
  }

  /**
   * Increments both counters of the next users in the order of their ids.
   * @param after the last id of the previous call; undefined for the first call
   * @returns their ids, at most `limit`
   */
  async bumpBothOfNext(tx: Queries, after: string | undefined, limit: number): Promise<string[]> {
    const next = sql`select id from ${users} where ${after ? sql`id > ${after}` : sql`true`} order by id limit ${limit}`;
    const { rows } = await tx.execute<{ id: string }>(sql`
      update ${users} set token_version = token_version + 1, session_epoch = session_epoch + 1
       where id in (${next}) returning id`);
    return rows.map(({ id }) => id).toSorted();
  }
}

const columns = sql.join(
  Object.entries(getTableColumns(users)).map(([name, column]) => sql`${column} as ${sql.identifier(name)}`),
  sql`, `,
);
/** The address stands in the condition, too: a way there that is out of date leads to nobody. */
const isNamed = sql`id = ${given('id')} and email = ${given('email')}`;
const byIdAndEmail = new Prepared<User>('user_by_id_and_email', sql`select ${columns} from ${users} where ${isNamed}`);
const forSignIn = new Prepared<User & Record<FactorKind, boolean>>(
  'user_for_sign_in',
  sql`select ${columns}, ${heldFactors(given('id'))} from ${users} where ${isNamed}`,
);
const byId = new Prepared<User>('user_by_id', sql`select ${columns} from ${users} where id = ${given('id')}`);

const bothBumped = {
  tokenVersion: sql`${users.tokenVersion} + 1`,
  sessionEpoch: sql`${users.sessionEpoch} + 1`,
};

const addressShown = {
  emailVerifiedAt: sql`least(${users.emailVerifiedAt}, protocol_now())`,
  pendingUntil: null,
  revision: sql`${users.revision} + 1`,
};

/** A link that is bound to neither address nor epoch changes nothing: `= null` holds for no row. */
const isStill = ({ userId, boundEmail, sessionEpoch }: LinkedUser) =>
  and(
    eq(users.id, userId),
    sql`${users.email} = ${boundEmail}`,
    sql`${users.sessionEpoch} = ${sessionEpoch}`,
    isNull(users.disabledAt),
  );

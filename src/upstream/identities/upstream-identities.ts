// Knows which user an identity at a provider belongs to: by issuer and subject, never by the address. No other code writes
// the table.
import { Injectable } from '@nestjs/common';
import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import type { Queries, Transaction } from '../../database/database.js';
import { users } from '../../database/schema/users-and-sessions.js';
import { upstreamIdentities } from '../../database/schema/upstream.js';
import type { Role } from '../../database/schema/vocabularies.js';
import { identityLookup, UserLookups } from '../../users/user-lookups.js';

export type UpstreamIdentity = typeof upstreamIdentities.$inferSelect;

/** OpenID Connect Core §2: only both together name a person. */
export interface Named {
  readonly issuer: string;
  readonly subject: string;
}

/** The user of an identity. */
export interface KnownUser {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  readonly isDisabled: boolean;
}

const MAX_IDENTITIES = 10;

@Injectable()
export class UpstreamIdentities {
  constructor(private readonly lookups: UserLookups) {}

  /** Notes that the identity is in use, and the address that the provider names today. @returns undefined for an unknown one */
  async use(queries: Queries, { issuer, subject }: Named, emailSeen: string | null): Promise<KnownUser | undefined> {
    const userId = await this.lookups.find(identityLookup({ issuer, subject }), queries);
    if (userId === undefined) return undefined;
    const { rows } = await queries.execute<KnownUser & Record<string, unknown>>(sql`
      update ${upstreamIdentities} i
         set last_used_at = protocol_now(), email_seen = coalesce(${emailSeen}::text, i.email_seen)
        from ${users} u
       where i.user_id = ${userId} and i.issuer = ${issuer} and i.subject = ${subject} and u.id = i.user_id
      returning u.id as "userId", u.email, u.role, u.disabled_at is not null as "isDisabled"`);
    return rows[0];
  }

  /**
   * Acts on the identities of one user take turns: the caller has locked the user, or made them. All is undone by the caller
   * unless it was added, or known.
   */
  async add(
    tx: Transaction,
    userId: string,
    { issuer, subject }: Named,
    emailSeen: string | null,
  ): Promise<'added' | 'known' | 'taken' | 'full'> {
    const holder = await this.lookups.claim(tx, identityLookup({ issuer, subject }), userId);
    if (holder !== userId) return 'taken';
    const { rowCount } = await tx.execute(sql`
      insert into ${upstreamIdentities} (user_id, issuer, subject, id, email_seen, last_used_at)
      select ${userId}::uuid, ${issuer}, ${subject}, ${uuidv7()}::uuid, ${emailSeen}::text, protocol_now()
       where (select count(*) from ${upstreamIdentities} where user_id = ${userId}) < ${MAX_IDENTITIES}
      on conflict do nothing`);
    if (rowCount === 1) return 'added';
    return (await this.has(tx, userId, { issuer, subject })) ? 'known' : 'full';
  }

  listOf(queries: Queries, userId: string): Promise<UpstreamIdentity[]> {
    const isTheirs = eq(upstreamIdentities.userId, userId);
    return queries.select().from(upstreamIdentities).where(isTheirs).orderBy(upstreamIdentities.id);
  }

  async has(queries: Queries, userId: string, { issuer, subject }: Named): Promise<boolean> {
    const identities = await this.listOf(queries, userId);
    return identities.some((each) => each.issuer === issuer && each.subject === subject);
  }

  /** @returns undefined if the user has no such identity */
  async remove(tx: Transaction, userId: string, id: string): Promise<UpstreamIdentity | undefined> {
    const isIt = and(eq(upstreamIdentities.userId, userId), eq(upstreamIdentities.id, id));
    const [removed] = await tx.delete(upstreamIdentities).where(isIt).returning();
    if (removed) await this.lookups.free(tx, identityLookup(removed), userId);
    return removed;
  }

  /** For an operator who gives the account back to its owner. */
  async removeAll(tx: Transaction, userId: string): Promise<void> {
    const isTheirs = eq(upstreamIdentities.userId, userId);
    for (const removed of await tx.delete(upstreamIdentities).where(isTheirs).returning())
      await this.lookups.free(tx, identityLookup(removed), userId);
  }
}

// Keeps the tickets of sign-ins that wait for their second factor: five minutes, five attempts, one success.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database, type Transaction } from '../database/database.js';
import { factorTickets } from '../database/schema/factors.js';
import type { TicketPurpose, Transport } from '../database/schema/vocabularies.js';
import type { ProvenUser } from '../sessions/sessions.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { newTicket, parseTicket, SECRET_BYTES } from './factor-ticket.js';
import * as statements from './ticket-statements.js';

/** To enrol a factor somebody may have to install an app first. */
const lifeSecondsOf: Readonly<Record<TicketPurpose, number>> = { sign_in: 300, reauthenticate: 300, enrol: 900 };

/** The sign-in that waits. */
export interface Waiting {
  readonly purpose: TicketPurpose;
  readonly transport: Transport;
  readonly persistent: boolean;
  /** Of the first factor. */
  readonly methods: readonly string[];
  readonly replaces?: SessionRef | undefined;
  /** Of `reauthenticate`: the session that goes on. */
  readonly sessionId?: string | undefined;
  /** Of a first factor at a provider. */
  readonly upstreamSignInId?: string | undefined;
}

/** A good ticket of which one attempt was taken. */
export interface Ticket extends Waiting {
  readonly hash: Buffer;
  readonly user: ProvenUser;
  /** This one included. */
  readonly attempts: number;
  /** The database's time. */
  readonly now: Date;
}

export interface IssuedTicket {
  readonly text: string;
  readonly expiresAt: Date;
  readonly lifeSeconds: number;
}

/** `refused`: the factor had been used; the ticket is as it was. */
export type Spending = { readonly attempts: number } | 'gone' | 'refused';

@Injectable()
export class FactorTickets {
  constructor(private readonly database: Database) {}

  /** @returns undefined if the user changed since the first factor was proven: prove it again */
  async issue(
    user: ProvenUser,
    { replaces, sessionId, upstreamSignInId, ...waiting }: Waiting,
  ): Promise<IssuedTicket | undefined> {
    const { text, hash } = newTicket(user.id, randomBytes(SECRET_BYTES));
    const { credentialVersion, sessionEpoch, tokenVersion } = user;
    const versions = { credentialVersion, sessionEpoch, tokenVersion };
    const old = { replacesUserId: replaces?.userId ?? null, replacesSessionId: replaces?.sessionId ?? null };
    const lifeSeconds = lifeSecondsOf[waiting.purpose];
    const values = {
      userId: user.id,
      hash,
      lifeSeconds,
      ...versions,
      ...waiting,
      ...old,
      sessionId: sessionId ?? null,
      upstreamSignInId: upstreamSignInId ?? null,
    };
    const [row] = await statements.issued.run(this.database, values);
    return row && { text, expiresAt: row.expiresAt, lifeSeconds };
  }

  /**
   * Counts an attempt, before anything is verified. Garbage costs no query.
   * @returns undefined for a ticket that is unknown, expired, tried too often, for something else, or of a user who changed
   */
  async take(text: string, purposes: readonly TicketPurpose[]): Promise<Ticket | undefined> {
    const presented = parseTicket(text);
    if (!presented) return undefined;
    const [row] = await statements.taken.run(this.database, { ...presented, purposes });
    return row && ticketOf(row);
  }

  /** Counts nothing: for what opens no guess. */
  async look(text: string, purposes: readonly TicketPurpose[]): Promise<Ticket | undefined> {
    const presented = parseTicket(text);
    const [row] = presented ? await statements.looked.run(this.database, { ...presented, purposes }) : [];
    return row && ticketOf(row);
  }

  /** Nothing was verified. */
  async giveBack({ user, hash }: Ticket): Promise<void> {
    await statements.givenBack.run(this.database, { userId: user.id, hash });
  }

  /**
   * Uses the ticket up together with the factor: the first act of a transaction. The user is locked first, as by every act
   * on a user: of several that wait for the lock, one finds the ticket, and the others use no factor up.
   * @param settle uses the factor up; false, and nothing written, if it was used before
   */
  async spend(
    tx: Transaction,
    { user, hash }: Pick<Ticket, 'user' | 'hash'>,
    settle: (tx: Transaction) => Promise<boolean>,
  ): Promise<Spending> {
    const which = { userId: user.id, hash };
    await statements.lockUser.runIn(tx, which);
    if ((await statements.isThere.runIn(tx, which)).length === 0) return 'gone';
    if (!(await settle(tx))) return 'refused';
    const [spent] = await statements.gone.runIn(tx, which);
    return spent ?? 'gone';
  }

  /** Kills the tickets of a user: what is due has changed. */
  async kill(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(sql`delete from ${factorTickets} where user_id = ${userId}`);
  }
}

function ticketOf(row: statements.TicketRow): Ticket {
  const { replacesUserId, replacesSessionId, sessionId, upstreamSignInId, ...rest } = row;
  const { purpose, transport, persistent, methods, attempts, now, hash, ...user } = rest;
  const isReplacing = replacesUserId !== null && replacesSessionId !== null;
  return {
    ...{ hash, user, attempts, now, purpose, transport, persistent, methods },
    ...(isReplacing ? { replaces: { userId: replacesUserId, sessionId: replacesSessionId } } : {}),
    ...(sessionId === null ? {} : { sessionId }),
    ...(upstreamSignInId === null ? {} : { upstreamSignInId }),
  };
}

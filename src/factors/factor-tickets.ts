// Keeps the tickets of sign-ins that wait for their second factor: five minutes, five attempts, one success.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { Database, type Transaction } from '../database/database.js';
import { factorTickets } from '../database/factors-schema.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema.js';
import type { TicketPurpose, Transport } from '../database/vocabularies.js';
import type { ProvenUser } from '../sessions/sessions.js';
import type { SessionRef } from '../tokens/auth-session.js';
import { newTicket, parseTicket, SECRET_BYTES } from './factor-ticket.js';

/** To enrol a factor somebody may have to install an app first. */
const lifeSecondsOf: Readonly<Record<TicketPurpose, number>> = { sign_in: 300, reauthenticate: 300, enrol: 900 };
const MAX_ATTEMPTS = 5;

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
  async issue(user: ProvenUser, { replaces, sessionId, ...waiting }: Waiting): Promise<IssuedTicket | undefined> {
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
    };
    const [row] = await issued.run(this.database, values);
    return row && { text, expiresAt: row.expiresAt, lifeSeconds };
  }

  /**
   * Counts an attempt, before anything is verified. Garbage costs no query.
   * @returns undefined for a ticket that is unknown, expired, tried too often, for something else, or of a user who changed
   */
  async take(text: string, purposes: readonly TicketPurpose[]): Promise<Ticket | undefined> {
    const presented = parseTicket(text);
    if (!presented) return undefined;
    const [row] = await taken.run(this.database, { ...presented, purposes });
    return row && ticketOf(row);
  }

  /** Counts nothing: for what opens no guess. */
  async look(text: string, purposes: readonly TicketPurpose[]): Promise<Ticket | undefined> {
    const presented = parseTicket(text);
    const [row] = presented ? await looked.run(this.database, { ...presented, purposes }) : [];
    return row && ticketOf(row);
  }

  /** Nothing was verified. */
  async giveBack({ user, hash }: Ticket): Promise<void> {
    await givenBack.run(this.database, { userId: user.id, hash });
  }

  /**
   * Uses the ticket up together with the factor: the first act of a transaction. The user is locked first, as by every act
   * on a user; of several that wait for the lock, one gets the ticket.
   * @param settle uses the factor up; false, and nothing written, if it was used before
   */
  async spend(
    tx: Transaction,
    { user, hash }: Pick<Ticket, 'user' | 'hash'>,
    settle: (tx: Transaction) => Promise<boolean>,
  ): Promise<Spending> {
    const which = { userId: user.id, hash };
    if ((await held.runIn(tx, which)).length === 0) return 'gone';
    if (!(await settle(tx))) return 'refused';
    const [spent] = await gone.runIn(tx, which);
    return spent ?? 'gone';
  }

  /** Kills the tickets of a user: what is due has changed. */
  async kill(tx: Transaction, userId: string): Promise<void> {
    await tx.execute(sql`delete from ${factorTickets} where user_id = ${userId}`);
  }
}

type Row = ProvenUser &
  Omit<Ticket, 'user' | 'replaces' | 'sessionId'> & {
    readonly replacesUserId: string | null;
    readonly replacesSessionId: string | null;
    readonly sessionId: string | null;
  };

function ticketOf(row: Row): Ticket {
  const { replacesUserId, replacesSessionId, sessionId, purpose, transport, persistent, methods } = row;
  const { attempts, now, hash, ...user } = row;
  const isReplacing = replacesUserId !== null && replacesSessionId !== null;
  return {
    ...{ hash, user, attempts, now, purpose, transport, persistent, methods },
    ...(isReplacing ? { replaces: { userId: replacesUserId, sessionId: replacesSessionId } } : {}),
    ...(sessionId === null ? {} : { sessionId }),
  };
}

const issued = new Prepared<{ expiresAt: Date }>(
  'issue_factor_ticket',
  sql`
  insert into ${factorTickets} (user_id, hash, purpose, session_epoch, token_version, credential_version, transport,
         persistent, methods, replaces_user_id, replaces_session_id, session_id, created_at, expires_at)
  select u.id, ${given('hash')}, ${given('purpose')}, u.session_epoch, u.token_version, u.credential_version,
         ${given('transport')}, ${given('persistent')}, ${given('methods')}, ${given('replacesUserId')}::uuid,
         ${given('replacesSessionId')}::uuid, ${given('sessionId')}::uuid, now,
         now + make_interval(secs => ${given('lifeSeconds')}::int)
    from ${users} u, protocol_now() as now
   where u.id = ${given('userId')} and u.disabled_at is null
     and u.credential_version = ${given('credentialVersion')} and u.session_epoch = ${given('sessionEpoch')}
     and u.token_version = ${given('tokenVersion')}
  returning expires_at as "expiresAt"`,
);

/** The user is as they were at the first factor. */
const isGood = (now: SQL) => sql`
  t.user_id = ${given('userId')} and t.hash = ${given('hash')} and u.id = ${given('userId')} and t.expires_at > ${now}
  and u.disabled_at is null and u.session_epoch = t.session_epoch and u.token_version = t.token_version
  and u.credential_version = t.credential_version`;

const whole = sql`
  t.hash, t.purpose, t.transport, t.persistent, t.methods, t.replaces_user_id as "replacesUserId",
            t.replaces_session_id as "replacesSessionId", t.session_id as "sessionId", t.attempts, now,
            u.id, u.email, u.role, u.email_verified_at as "emailVerifiedAt",
            u.credential_version as "credentialVersion", u.token_version as "tokenVersion",
            u.session_epoch as "sessionEpoch"`;

const taken = new Prepared<Row>(
  'take_factor_ticket',
  sql`
  update ${factorTickets} t set attempts = t.attempts + 1
    from ${users} u, protocol_now() as now
   where ${isGood(sql`now`)} and t.attempts < ${MAX_ATTEMPTS} and t.purpose = any(${given('purposes')}::text[])
  returning ${whole}`,
);

const looked = new Prepared<Row>(
  'look_factor_ticket',
  sql`
  select ${whole} from ${factorTickets} t, ${users} u, protocol_now() as now
   where ${isGood(sql`now`)} and t.attempts < ${MAX_ATTEMPTS} and t.purpose = any(${given('purposes')}::text[])`,
);

const ofTicket = sql`where user_id = ${given('userId')} and hash = ${given('hash')}`;

const givenBack = new Prepared<object>(
  'give_back_factor_ticket',
  sql`update ${factorTickets} set attempts = greatest(attempts - 1, 0) ${ofTicket}`,
);

const held = new Prepared<object>(
  'hold_factor_ticket',
  sql`select from ${users} u, ${factorTickets} t where ${isGood(sql`protocol_now()`)} for no key update of u`,
);

const gone = new Prepared<{ attempts: number }>(
  'spend_factor_ticket',
  sql`delete from ${factorTickets} ${ofTicket} returning attempts`,
);

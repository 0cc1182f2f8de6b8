// Keeps what is known of sign-ins at a provider, and binds each to the one session that begins with it.
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { Database, type Transaction } from '../database/database.js';
import { upstreamSignIns } from '../database/upstream-schema.js';
import { Refusal } from '../errors.js';
import { KeyEncryption, nameOfRow } from '../keys/key-encryption.js';
import type { SessionWish } from './sessions.js';

export interface UpstreamSignIn {
  readonly userId: string;
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  readonly emailSeen: string | undefined;
  /** `['mfa']` where the provider is trusted to have asked for two factors, else none (RFC 8176). */
  readonly methods: readonly string[];
  /** The provider's session. */
  readonly sid: string | undefined;
  readonly idToken: string | undefined;
  readonly maxSessionHours: number | undefined;
}

export interface KeptSignIn extends Omit<UpstreamSignIn, 'emailSeen' | 'sid' | 'idToken' | 'maxSessionHours'> {
  readonly id: string;
  readonly sessionId: string | null;
  readonly emailSeen: string | null;
  readonly sid: string | null;
  readonly idTokenSealed: Buffer | null;
  readonly maxSessionHours: number | null;
}

@Injectable()
export class UpstreamSignIns {
  constructor(
    private readonly database: Database,
    private readonly encryption: KeyEncryption,
  ) {}

  /** @returns the id that a proof carries (`Proof.upstreamSignInId`) until its session starts */
  async record(tx: Transaction, { userId, idToken, ...rest }: UpstreamSignIn): Promise<string> {
    const id = uuidv7();
    const idTokenSealed =
      idToken === undefined ? null : this.encryption.seal(Buffer.from(idToken), nameOfRow([userId, id]));
    await tx.insert(upstreamSignIns).values({ ...rest, userId, id, idTokenSealed, methods: [...rest.methods] });
    return id;
  }

  async find(userId: string, id: string): Promise<KeptSignIn | undefined> {
    return this.one(sql`user_id = ${userId} and id = ${id}`);
  }

  async ofSession(userId: string, sessionId: string): Promise<KeptSignIn | undefined> {
    return this.one(sql`user_id = ${userId} and session_id = ${sessionId}`);
  }

  /** @returns the ID token in plain text */
  idTokenOf({ userId, id, idTokenSealed }: KeptSignIn): string | undefined {
    return idTokenSealed === null ? undefined : this.encryption.open(idTokenSealed, nameOfRow([userId, id])).toString();
  }

  /** What it adds to the start of its session. @throws Refusal `upstream_request_invalid` if a session began with it before */
  async effectsOf(userId: string, id: string): Promise<Pick<SessionWish, 'maxHours' | 'within'>> {
    const kept = await this.find(userId, id);
    if (!kept) throw new Refusal('upstream_request_invalid');
    const within = (tx: Transaction, sessionId: string) => this.bind(tx, userId, id, sessionId);
    return { maxHours: kept.maxSessionHours ?? undefined, within };
  }

  private async bind(tx: Transaction, userId: string, id: string, sessionId: string): Promise<void> {
    const { rowCount } = await tx.execute(sql`
      update ${upstreamSignIns} set session_id = ${sessionId}
       where user_id = ${userId} and id = ${id} and session_id is null`);
    if (rowCount !== 1) throw new Refusal('upstream_request_invalid');
  }

  private async one(which: SQL): Promise<KeptSignIn | undefined> {
    const [row] = await this.database.select().from(upstreamSignIns).where(which);
    return row;
  }
}

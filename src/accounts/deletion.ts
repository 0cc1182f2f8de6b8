// Deletes an account for its owner: every row that refers to it goes; the audit trail, which names no address, stays.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../audit/audit.js';
import { Database, type Transaction } from '../database/database.js';
import { inTransaction } from '../database/transactions.js';
import { Refusal } from '../errors.js';
import type { Exchange } from '../http/exchange.js';
import type { Principal } from '../http/principal.js';
import { RequestedMail } from '../mail/requested-mail.js';
import type { Confirmation } from '../revocation/confirmation.js';
import { refuseDead } from '../revocation/refuse-dead.js';
import { Revocations } from '../revocation/revocations.js';
import { SessionEnd } from '../sessions/session-end.js';
import { UserStatus } from '../users/user-status.js';

type Me = Pick<Principal, 'userId' | 'sessionId' | 'tokenId' | 'tokenVersion'>;

@Injectable()
export class Deletion {
  constructor(
    private readonly database: Database,
    private readonly userStatus: UserStatus,
    private readonly sessionEnd: SessionEnd,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly mail: RequestedMail,
  ) {}

  /** @throws Refusal `last_admin`, `token_stale`, `token_revoked` */
  async of(me: Me, exchange: Exchange): Promise<Confirmation> {
    const deleted = await inTransaction(this.database, (tx) => this.remove(tx, me, exchange));
    if (deleted === 'last_admin') throw new Refusal('last_admin');
    if (deleted !== 'unchanged') return deleted;
    const claims = { sub: me.userId, sid: me.sessionId, jti: me.tokenId, tokenVersion: me.tokenVersion };
    refuseDead(await this.revocations.verdictFor(claims, true));
    throw new Refusal('token_stale');
  }

  private async remove(tx: Transaction, { userId, sessionId, tokenVersion }: Me, exchange: Exchange) {
    const { caller } = exchange;
    const begun = await this.userStatus.beginRemoval(tx, userId, tokenVersion);
    if (begun !== 'changed') return begun;
    const sessions = await this.sessionEnd.mark(tx, userId, sql`true`, 'account_deleted', caller);
    // The session may have ended since the guard let it in, by its owner's hand in another place. All is rolled back.
    if (!sessions.some((ended) => ended.sessionId === sessionId)) throw new Refusal('token_revoked');
    // A user without a row has no live token: each verdict says so, and Redis drops the entry that it has.
    const confirmation = await this.revocations.end(tx, { removed: [userId] });
    const address = await this.userStatus.remove(tx, userId);
    await this.audit.record(tx, [{ type: 'user.deleted', userId, sessions: sessions.length }], caller);
    if (address !== undefined) await this.mail.queue(tx, 'account_deleted', address, exchange);
    return confirmation;
  }
}

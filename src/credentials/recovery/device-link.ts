// Follows the link that opens a closed account to one device (device-offer.ts).
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import type { Transport } from '../../database/schema/vocabularies.js';
import type { Exchange } from '../../http/exchange.js';
import { KnownDevices } from '../../limits/known-devices.js';
import { MailedLinks } from '../../tokens/mailed-links.js';
import { OneTimeTokens } from '../../tokens/one-time-tokens.js';

@Injectable()
export class DeviceLink {
  constructor(
    private readonly database: Database,
    private readonly links: MailedLinks,
    private readonly tokens: OneTimeTokens,
    private readonly devices: KnownDevices,
    private readonly audit: Audit,
  ) {}

  /**
   * Proves nothing and starts no session: the password is still needed.
   * @returns the token of the device; undefined for a browser, which received a cookie
   * @throws Refusal `token_invalid`, `too_many_attempts`
   */
  async follow(token: string, transport: Transport, exchange: Exchange): Promise<string | undefined> {
    const user = await this.links.follow(token, 'device', exchange.caller, () => this.spend(token, exchange));
    return this.devices.renew(user, exchange, { transport });
  }

  private spend(token: string, { caller }: Exchange) {
    return inTransaction(this.database, async (tx) => {
      const spent = await this.tokens.spend(tx, token, 'device');
      if (!spent || spent.sessionEpoch === null) return undefined;
      const { userId, sessionEpoch } = spent;
      await this.audit.record(tx, [{ type: 'device.allowed', userId }], caller);
      return { id: userId, sessionEpoch };
    });
  }
}

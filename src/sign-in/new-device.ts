// Tells the owner of an account by mail that somebody signed in on a device that is not known.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import type { Exchange } from '../http/exchange.js';
import { KnownDevices } from '../limits/known-devices.js';
import { RequestedMail } from '../mail/requested-mail.js';
import type { ProvenUser } from '../sessions/sessions.js';
import { deviceNamesOf } from './device-names.js';

@Injectable()
export class NewDevice {
  constructor(
    private readonly devices: KnownDevices,
    private readonly mail: RequestedMail,
    private readonly config: Config,
  ) {}

  /** @returns what writes the notice; undefined on a known device */
  async notice(
    user: ProvenUser,
    exchange: Exchange,
    deviceToken: string | undefined,
  ): Promise<((tx: Transaction) => Promise<void>) | undefined> {
    // Devices are not marked then, so that each would be new.
    if (this.config.RATE_LIMITS === 'off') return undefined;
    if (await this.devices.of(user, exchange.request, deviceToken)) return undefined;
    const { ip, userAgent } = exchange.caller;
    const data = { ...deviceNamesOf(userAgent), ...(ip === null ? {} : { ip }) };
    // The same device and address again, while the mail still waits, is no news.
    const dedupe = ['new_device', ...Object.values(data)].join(' ');
    return this.mail.notice('new_device', user.email, exchange, { data, dedupe });
  }
}

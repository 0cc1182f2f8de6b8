// Registers a new account whose address nobody verifies.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { Refusal } from '../../errors.js';
import type { Caller } from '../../http/caller.js';
import { VolumeLimit } from '../../limits/volume-limit.js';
import { type PublicUser, toPublicUser, Users } from '../../users/users.js';
import { ChosenPassword } from '../password/chosen-password.js';

@Injectable()
export class Registration {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly chosenPassword: ChosenPassword,
    private readonly audit: Audit,
    private readonly volume: VolumeLimit,
  ) {}

  /** @throws Refusal `password_rejected`, `email_taken`, `too_many_attempts`, `overloaded` */
  async register(email: string, password: string, caller: Caller): Promise<PublicUser> {
    const charge = () => this.volume.take('registration', caller.ip);
    const passwordHash = await this.chosenPassword.hash({ password, email }, caller, charge);
    const user = await inTransaction(this.database, async (tx) => {
      const created = await this.users.create(tx, email, passwordHash);
      if (created) await this.audit.record(tx, [{ type: 'user.registered', userId: created.id }], caller);
      return created;
    });
    if (!user) throw new Refusal('email_taken');
    return toPublicUser(user);
  }
}

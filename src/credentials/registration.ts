// How does somebody get an account?
import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { Passwords } from '../users/passwords.js';
import { type PublicUser, toPublicUser, Users } from '../users/users.js';

@Injectable()
export class Registration {
  constructor(
    private readonly users: Users,
    private readonly passwords: Passwords,
    private readonly config: Config,
    private readonly audit: Audit,
  ) {}

  /** @throws Refusal `registration_closed`, `password_rejected`, `email_taken`, `overloaded` */
  async register(email: string, password: string, caller: Caller): Promise<PublicUser> {
    if (this.config.registration !== 'open') throw new Refusal('registration_closed');
    this.passwords.assertAcceptable(password);
    const user = await this.users.create(email, await this.passwords.hash(password));
    if (!user) throw new Refusal('email_taken');
    this.audit.record({ type: 'user.registered', userId: user.id }, caller);
    return toPublicUser(user);
  }
}

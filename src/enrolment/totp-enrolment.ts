// Enrols an authenticator app: makes its seed, and confirms it by its first code.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { TotpAuthenticators } from '../factors/totp-authenticators.js';
import { uriOf } from '../factors/totp.js';
import type { Exchange } from '../http/exchange.js';
import { Users } from '../users/users.js';
import type { Enroller } from './enroller.js';
import { type Completed, Enrolment } from './enrolment.js';

interface Confirmed {
  readonly id: string;
  readonly code: string;
  readonly token?: string | undefined;
}

@Injectable()
export class TotpEnrolment {
  constructor(
    private readonly authenticators: TotpAuthenticators,
    private readonly enrolment: Enrolment,
    private readonly users: Users,
    private readonly config: Config,
  ) {}

  /** @throws Refusal `too_many_factors`, `token_revoked` */
  async begin({ userId }: Enroller, name: string | undefined): Promise<{ id: string; uri: string }> {
    const user = await this.users.findById(userId);
    if (!user) throw new Refusal('token_revoked');
    const begun = await this.authenticators.begin(userId, name ?? null);
    if (!begun) throw new Refusal('too_many_factors');
    const uri = uriOf(begun.seed, { issuer: this.config.BRAND_NAME, label: user.email });
    return { id: begun.id, uri };
  }

  /**
   * A wrong code opens nothing: whoever enrols has the seed.
   * @throws Refusal `not_found`, `invalid_credentials`; whatever `Enrolment.complete` throws
   */
  async confirm(enroller: Enroller, { id, code, token }: Confirmed, exchange: Exchange): Promise<Completed> {
    if (!z.uuid().safeParse(id).success) throw new Refusal('not_found');
    const { userId } = enroller;
    const match = await this.authenticators.matchUnconfirmed(userId, id, code);
    if (!match) throw wrongCode(enroller);
    const settle: Settle = (tx) => this.authenticators.confirm(tx, userId, match);
    const wanted = { kind: 'totp', methods: ['otp', 'mfa'], token, settle, stale: () => wrongCode(enroller) } as const;
    return this.enrolment.complete(enroller, wanted, exchange);
  }
}

type Settle = Parameters<Enrolment['complete']>[1]['settle'];

const wrongCode = ({ ticket }: Enroller) =>
  new Refusal('invalid_credentials', {
    detail: 'The code is wrong, or too old. Begin again if the app was set up more than ten minutes ago.',
    ...(ticket ? {} : { session: 'keep' as const }),
  });

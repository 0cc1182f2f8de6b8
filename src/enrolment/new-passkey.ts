// Takes a new passkey into an account.
import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { Refusal } from '../errors.js';
import { Challenges } from '../factors/passkeys/challenges.js';
import type { Attestation } from '../factors/passkeys/credentials.js';
import { PasskeyOptions } from '../factors/passkeys/passkey-options.js';
import { PasskeyRegistration } from '../factors/passkeys/passkey-registration.js';
import { MAX_PASSKEYS, Passkeys } from '../factors/passkeys/passkeys.js';
import type { Exchange } from '../http/exchange.js';
import { Users } from '../users/users.js';
import type { Enroller } from './enroller.js';
import { type Completed, Enrolment } from './enrolment.js';

export interface GivenPasskey {
  readonly credential: Attestation;
  readonly name?: string | undefined;
  /** Of the mail about a reset of the factors. */
  readonly token?: string | undefined;
}

export type EnrolledPasskey = Completed & { readonly id: string };

@Injectable()
export class NewPasskey {
  constructor(
    private readonly users: Users,
    private readonly passkeys: Passkeys,
    private readonly options: PasskeyOptions,
    private readonly registration: PasskeyRegistration,
    private readonly challenges: Challenges,
    private readonly enrolment: Enrolment,
  ) {}

  /** @throws Refusal `too_many_factors` before anybody touches an authenticator */
  async begin({ userId }: Enroller): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const user = await this.users.findById(userId);
    if (!user) throw new Refusal('token_revoked');
    const owned = await this.passkeys.listOf(userId);
    if (owned.length >= MAX_PASSKEYS) throw new Refusal('too_many_factors');
    return this.options.toRegister(user, owned);
  }

  /** @throws Refusal `passkey_rejected`, `too_many_factors`; what an enrolment throws */
  async complete(
    enroller: Enroller,
    { credential, name, token }: GivenPasskey,
    exchange: Exchange,
  ): Promise<EnrolledPasskey> {
    const { userId } = enroller;
    const made = await this.registration.verified(credential, userId, name);
    if (!made) throw new Refusal('passkey_rejected');
    let added: { id: string } | 'full' | 'known' | 'replayed' = 'replayed';
    const wanted = {
      kind: 'passkey',
      methods: ['pop', 'user', 'mfa'],
      token,
      settle: async (tx) => {
        if (!(await this.challenges.spend(tx, userId, made.challenge))) return false;
        added = await this.passkeys.add(tx, made.passkey);
        return typeof added === 'object';
      },
      stale: () => new Refusal(added === 'full' ? 'too_many_factors' : 'passkey_rejected'),
    } satisfies Parameters<Enrolment['complete']>[1];
    const body = await this.enrolment.complete(enroller, wanted, exchange);
    return { ...body, id: idOf(added) };
  }
}

function idOf(added: { id: string } | string): string {
  if (typeof added === 'string') throw new Error('An enrolment that went through has a passkey.');
  return added.id;
}

// Makes an account for a person whom a provider knows and we do not. An address alone opens nothing that exists.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Database, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { Refusal } from '../../errors.js';
import type { Exchange } from '../../http/exchange.js';
import { emailAddress } from '../../users/email.js';
import { PendingUsers } from '../../users/pending-users.js';
import { type User, Users } from '../../users/users.js';
import type { UpstreamAnswer } from './upstream-answer.js';
import { type KnownUser, UpstreamIdentities } from './upstream-identities.js';
import { UpstreamRoles } from './upstream-roles.js';

/** An identity that others make and remove under each attempt is an error of theirs. */
const MAX_RACES = 3;

@Injectable()
export class UpstreamSignUp {
  constructor(
    private readonly database: Database,
    private readonly identities: UpstreamIdentities,
    private readonly users: Users,
    private readonly pendingUsers: PendingUsers,
    private readonly audit: Audit,
    private readonly roles: UpstreamRoles,
  ) {}

  /**
   * Decided by two unique indexes: of the identity and of the address.
   * @returns the new user, or the one that another callback of the same person has made meanwhile
   * @throws Refusal `link_required` if the address has an account; `upstream_declined`; `unavailable`
   */
  async of(answer: UpstreamAnswer, exchange: Exchange): Promise<KnownUser> {
    const email = addressIn(answer);
    if (!answer.provider.allowSignUp) return this.refuse(email);
    for (let race = 0; race < MAX_RACES; race++) {
      const made = await this.make(answer, email, exchange);
      const known =
        made instanceof Object ? made : await this.identities.use(this.database, answer, answer.email ?? null);
      if (known) return known;
      if (made === 'address_taken') throw new Refusal('link_required');
    }
    throw new Refusal('unavailable', { cause: new Error('the identity changed under every attempt to sign up') });
  }

  private async make(
    answer: UpstreamAnswer,
    email: string,
    { caller }: Exchange,
  ): Promise<KnownUser | 'address_taken' | 'identity_taken'> {
    const { provider, emailVerified } = answer;
    const isVerified = provider.trustEmailVerified && emailVerified;
    const given = { role: this.roles.roleIn(answer) ?? 'user', isVerified };
    const made = inTransaction(this.database, async (tx) => {
      await this.pendingUsers.giveWay(tx, email);
      const user = await this.users.create(tx, email, null, given);
      if (!user) return 'address_taken';
      await this.connect(tx, user, answer);
      const { id: userId, role } = user;
      const linked = { type: 'identity.linked', userId, provider: provider.id } as const;
      await this.audit.record(tx, [{ type: 'user.registered', userId }, linked], caller);
      return { userId, email, role, isDisabled: false };
    });
    return made.catch(unlessTaken);
  }

  private async connect(tx: Transaction, { id }: User, answer: UpstreamAnswer): Promise<void> {
    if ((await this.identities.add(tx, id, answer, answer.email ?? null)) !== 'added') throw identityTaken;
  }

  /** @throws Refusal `link_required`, `upstream_declined` */
  private async refuse(email: string): Promise<never> {
    const holder = await this.users.findByEmail(email);
    // A registration that nobody has verified is nobody's.
    if (holder && (!holder.pendingUntil || holder.disabledAt)) throw new Refusal('link_required');
    throw declined('the person is not known, and allowSignUp of the provider is off');
  }
}

/** Undoes the user: another callback of the same person was faster, with another address. */
const identityTaken = new Error('The identity belongs to another user.');

function unlessTaken(error: unknown): 'identity_taken' {
  if (error !== identityTaken) throw error;
  return 'identity_taken';
}

/** @throws Refusal `upstream_declined` */
function addressIn({ email }: UpstreamAnswer): string {
  if (email === undefined)
    throw declined('the answer names no email address: the scope email is missing, or the person has none');
  const { data } = emailAddress.safeParse(email);
  if (data === undefined) throw declined('the email address in the answer cannot be used: it is none, or too long');
  return data;
}

const declined = (reason: string) => new Refusal('upstream_declined', { cause: new Error(reason) });

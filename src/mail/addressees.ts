// Looks up whom a mail is about, and decides whether it is due: a mail for nobody is not sent, and nobody outside can tell.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { userEmails } from '../database/schema/lookups.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema/users-and-sessions.js';
import { upstreamIdentities } from '../database/schema/upstream.js';
import { kindOf, type MailKind } from './mail-kinds.js';

export interface Addressee {
  readonly id: string;
  readonly email: string;
  readonly sessionEpoch: number;
  readonly isVerified: boolean;
  readonly isDisabled: boolean;
  readonly hasPassword: boolean;
  /** At a provider, where they may have named any address. */
  readonly hasIdentity: boolean;
  /** The address belongs to another account by now, which is not a mere registration that nobody has verified. */
  readonly isTaken: boolean;
}

/** Of the row of a mail about a `named` user. */
type Values = Readonly<Partial<Record<'userId' | 'sessionEpoch', string>>>;

/** `nobody`: the kind is about nobody in particular. `undue`: the mail must not be sent. */
export type Finding = Addressee | 'nobody' | 'undue';

@Injectable()
export class Addressees {
  constructor(private readonly database: Database) {}

  async find(kind: MailKind, address: string, { userId, sessionEpoch }: Values): Promise<Finding> {
    const { about } = kindOf(kind);
    if (about === 'anybody') return 'nobody';
    const [holder] = await holderOf.run(this.database, { address });
    const [found] = await byId.run(this.database, {
      id: (about === 'owner' ? holder?.userId : userId) ?? null,
    });
    // A way to a user who has another address by now leads to nobody.
    if (!found || (about === 'owner' && found.email !== address)) return 'undue';
    const user = { ...found, isTaken: await this.isTaken(address, found, holder) };
    return isDue(kind, user, address, sessionEpoch) ? user : 'undue';
  }

  private async isTaken(address: string, { id }: Row, holder: Holder | undefined): Promise<boolean> {
    if (!holder || holder.userId === id) return false;
    const [other] = await byId.run(this.database, { id: holder.userId });
    return other !== undefined && other.email === address && !other.isPending;
  }
}

interface Holder {
  readonly userId: string;
}

function isDue(kind: MailKind, user: Addressee, address: string, sessionEpoch: string | undefined): boolean {
  if (user.isDisabled) return false;
  if (kind === 'verify') return !user.isVerified;
  // The password of an address that was never verified may be a stranger's, who would share the account.
  if (kind === 'magic') return user.isVerified;
  // It may be somebody who named a stranger's address at a provider: the owner of the mailbox would share the account.
  if (kind === 'reset') return user.isVerified || !user.hasIdentity;
  if (kind === 'invite') return !user.hasPassword && !user.hasIdentity;
  // Whoever asked may be locked out by now, by a new password or a logout of all devices: their link is not made any more.
  if (kind === 'email') return !user.isTaken && user.email !== address && String(user.sessionEpoch) === sessionEpoch;
  return true;
}

type Row = Omit<Addressee, 'isTaken'> & { readonly isPending: boolean };
const holderOf = new Prepared<Holder>(
  'addressee_by_address',
  sql`select user_id as "userId" from ${userEmails} where email = ${given('address')}`,
);
const byId = new Prepared<Row>(
  'addressee_by_id',
  sql`
  select u.id, u.email, u.session_epoch as "sessionEpoch", u.email_verified_at is not null as "isVerified",
         u.disabled_at is not null as "isDisabled", u.password_hash is not null as "hasPassword",
         u.pending_until is not null as "isPending",
         exists (select from ${upstreamIdentities} i where i.user_id = u.id) as "hasIdentity"
    from ${users} u where u.id = ${given('id')}`,
);

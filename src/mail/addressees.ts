// Looks up whom a mail is about, and decides whether it is due: a mail for nobody is not sent, and nobody outside can tell.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { given, Prepared } from '../database/prepared.js';
import { users } from '../database/schema.js';
import { upstreamIdentities } from '../database/upstream-schema.js';
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
    const [user] =
      about === 'owner'
        ? await byAddress.run(this.database, { address })
        : await byId.run(this.database, { address, id: userId ?? null });
    return user && isDue(kind, user, address, sessionEpoch) ? user : 'undue';
  }
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

const found = sql`u.id, u.email, u.session_epoch as "sessionEpoch", u.email_verified_at is not null as "isVerified",
  u.disabled_at is not null as "isDisabled", u.password_hash is not null as "hasPassword",
  exists (select from ${upstreamIdentities} i where i.user_id = u.id) as "hasIdentity",
  exists (select from ${users} o where o.email = ${given('address')} and o.id <> u.id
          and o.pending_until is null) as "isTaken"`;
type Row = Addressee & Record<string, unknown>;
const byAddress = new Prepared<Row>(
  'addressee_by_address',
  sql`select ${found} from ${users} u where u.email = ${given('address')}`,
);
const byId = new Prepared<Row>('addressee_by_id', sql`select ${found} from ${users} u where u.id = ${given('id')}`);

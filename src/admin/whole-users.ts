// Reads all that an administrator sees of one user. No secret, no hash and no seed is a part of it.
import { Injectable } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { Passkeys } from '../factors/passkeys/passkeys.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import { TotpAuthenticators } from '../factors/totp-authenticators.js';
import { SessionList } from '../sessions/session-list.js';
import { OwnIdentities } from '../upstream/links/own-identities.js';
import { type User, Users } from '../users/users.js';
import { etagOf } from './if-match.js';
import { toAdminUser, type WholeUser } from './admin-user.js';

export interface Tagged {
  readonly user: WholeUser;
  /** The entity tag of the user's row. */
  readonly etag: string;
}

@Injectable()
export class WholeUsers {
  constructor(
    private readonly users: Users,
    private readonly sessions: SessionList,
    private readonly authenticators: TotpAuthenticators,
    private readonly passkeys: Passkeys,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly ownIdentities: OwnIdentities,
  ) {}

  /** A malformed id gets the same answer as an unknown one. @throws Refusal `not_found` */
  async row(id: string): Promise<User> {
    const user = z.uuid().safeParse(id).success ? await this.users.findById(id) : undefined;
    if (!user) throw new Refusal('not_found');
    return user;
  }

  /** @throws Refusal `not_found` */
  async of(id: string): Promise<Tagged> {
    // First: a change that comes between is newer than its tag.
    const row = await this.row(id);
    const { identities } = await this.ownIdentities.of(row.id);
    const user = {
      ...toAdminUser(row),
      hasPassword: row.passwordHash !== null,
      sessions: (await this.sessions.of(row.id)).length,
      factors: await this.factorsOf(row.id),
      recoveryCodesLeft: await this.recoveryCodes.left(row.id),
      identities: identities.map(({ linkedAt, lastUsedAt, ...rest }) => {
        return { ...rest, linkedAt: linkedAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
      }),
    };
    return { user, etag: etagOf(row) };
  }

  private async factorsOf(userId: string): Promise<WholeUser['factors']> {
    const totp = (await this.authenticators.listOf(userId)).map((each) => ({ kind: 'totp' as const, ...each }));
    const passkeys = (await this.passkeys.listOf(userId)).map((each) => ({ kind: 'passkey' as const, ...each }));
    return [...totp, ...passkeys].map(({ kind, id, name, createdAt }) => {
      return { kind, id, name, createdAt: createdAt.toISOString() };
    });
  }
}

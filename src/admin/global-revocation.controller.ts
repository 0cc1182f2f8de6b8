import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { emailAddress } from '../users/email.js';
import { type User, Users } from '../users/users.js';
import { ForcedEnd } from './forced-end.js';
import { withReason } from './reasons.js';
import { WholeUsers } from './whole-users.js';

/** Subject Identifiers (RFC 9493 §3.2); `opaque` is a user's id here. */
const subject = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('iss_sub'), iss: z.string(), sub: z.string() }),
  z.strictObject({ format: z.literal('email'), email: emailAddress }),
  z.strictObject({ format: z.literal('opaque'), id: z.string() }),
]);
const endBody = z.strictObject({ sub_id: subject, ...withReason });

@ForAdministrators()
@Controller('admin/sessions')
export class GlobalRevocationController {
  constructor(
    private readonly users: Users,
    private readonly wholeUsers: WholeUsers,
    private readonly forcedEnd: ForcedEnd,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Ends every session and access token of a subject (Global Token Revocation)',
    note: 'draft-parecki-oauth-global-token-revocation, with the subject identifiers of RFC 9493.',
    answers: { 204: { says: 'Ended.' } },
    refuses: ['not_found', 'revocation_unconfirmed'],
  })
  @Post('end')
  @HttpCode(204)
  async end(
    @Body({ schema: endBody }) { sub_id: named, reason }: z.output<typeof endBody>,
    @Me() { userId: by }: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const user = await this.userOf(named);
    const { confirmation } = await this.forcedEnd.all(user, { by, caller, reason });
    assertConfirmed(confirmation, user.id === by ? 'ended' : 'keep');
  }

  /** A subject of another issuer is none of ours. @throws Refusal `not_found` */
  private async userOf(named: z.output<typeof subject>): Promise<User> {
    if (named.format === 'opaque') return this.wholeUsers.row(named.id);
    if (named.format === 'iss_sub' && named.iss === this.config.issuer) return this.wholeUsers.row(named.sub);
    const user = named.format === 'email' ? await this.users.findByEmail(named.email) : undefined;
    if (!user) throw new Refusal('not_found');
    return user;
  }
}

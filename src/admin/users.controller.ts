import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Query } from '@nestjs/common';
import * as z from 'zod';
import { AccountStatus, type Changed } from '../accounts/account-status.js';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import type { User } from '../users/users.js';
import { type WholeUser, wholeUser } from './admin-user.js';
import { revisionsIn } from './if-match.js';
import { type ReasonQuery, reasonQuery, withReason } from './reasons.js';
import { Removal } from './removal.js';
import { assertRole } from './roles.js';
import { UserNotices } from './user-notices.js';
import { WholeUsers } from './whole-users.js';

const change = z
  .strictObject({
    role: z.string().optional().meta({ description: 'One of the setting `ROLES`.' }),
    disabled: z.boolean().optional(),
    ...withReason,
  })
  .refine(({ role, disabled }) => role !== undefined || disabled !== undefined, 'needs `role` or `disabled`');

const path = { id: z.uuid() };
const tagged = { ETag: 'The revision of the user, for `If-Match`.' };

@ForAdministrators()
@Controller('admin/users/:id')
export class UsersController {
  constructor(
    private readonly wholeUsers: WholeUsers,
    private readonly status: AccountStatus,
    private readonly removal: Removal,
    private readonly notices: UserNotices,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Shows a user',
    path,
    answers: { 200: { says: 'The user.', body: wholeUser, headers: tagged } },
    refuses: ['not_found'],
  })
  @Get()
  async one(@Param('id') id: string, @On() { reply }: Exchange): Promise<WholeUser> {
    const { user, etag } = await this.wholeUsers.of(id);
    void reply.header('etag', etag);
    return user;
  }

  @Documented({
    under: 'Administration',
    does: 'Gives a user a role, disables them or enables them again',
    note: 'Both at once, or none. Access tokens with the old role are refused at once; disabling ends every session. The user has a mail.',
    path,
    reads: { 'If-Match': 'The `ETag` of the user as the caller saw them: changed meanwhile, nothing happens.' },
    answers: { 200: { says: 'The user as they are now.', body: wholeUser, headers: tagged } },
    refuses: ['not_found', 'email_unverified', 'last_admin', 'precondition_failed', 'revocation_unconfirmed'],
  })
  @Patch()
  async change(
    @Param('id') id: string,
    @Body({ schema: change }) { role, disabled: isDisabled, reason }: z.output<typeof change>,
    @Me() { userId: by }: Principal,
    @On() exchange: Exchange,
  ): Promise<WholeUser> {
    const user = await this.wholeUsers.row(id);
    if (role !== undefined) this.assertMayHave(user, role);
    const { caller, request } = exchange;
    const act = { by, caller, reason, revisions: revisionsIn(request.headers['if-match']) };
    const tell = (tx: Transaction, changed: Changed) => this.tell(tx, user, changed);
    const { confirmation } = await this.status.change(id, { role, isDisabled }, act, tell);
    assertConfirmed(confirmation, id === by && isDisabled === true ? 'ended' : 'keep');
    return this.one(id, exchange);
  }

  @Documented({
    under: 'Administration',
    does: 'Deletes a user',
    note: 'Every session ends, and every row that refers to the user goes; the events stay. The user has a mail.',
    path,
    answers: { 204: { says: 'The account is gone.' } },
    refuses: ['not_found', 'last_admin', 'revocation_unconfirmed'],
  })
  @Delete()
  @HttpCode(204)
  async remove(
    @Param('id') id: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @Me() { userId: by }: Principal,
    @On() { caller }: Exchange,
  ): Promise<void> {
    const user = await this.wholeUsers.row(id);
    assertConfirmed(await this.removal.of(user.id, { by, caller, reason }), user.id === by ? 'ended' : 'keep');
  }

  /** @throws Refusal `invalid_request`, `email_unverified` */
  private assertMayHave({ pendingUntil }: User, role: string): void {
    assertRole(this.config, role);
    const detail = "The address of this user is not verified yet, and may be a stranger's: no role.";
    if (pendingUntil) throw new Refusal('email_unverified', { detail, session: 'keep' });
  }

  private async tell(tx: Transaction, { email }: User, { role, status }: Changed): Promise<void> {
    if (role) await this.notices.write(tx, 'role_changed', email, { role: role.to });
    if (status) await this.notices.write(tx, `account_${status}`, email);
  }
}

import { Body, Controller, Delete, HttpCode, Param, Post, Query } from '@nestjs/common';
import * as z from 'zod';
import { FactorsReset } from '../accounts/factors-reset.js';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { assertMails } from './assert-mails.js';
import { Config } from '../config/config.js';
import { type ReasonQuery, reasonQuery, withReason } from './reasons.js';
import { ResetMail } from './reset-mail.js';
import { WholeUsers } from './whole-users.js';

const resetBody = z.strictObject(withReason).default({});
const path = { id: z.uuid() };

@ForAdministrators()
@Controller('admin/users/:id')
export class UserRecoveryController {
  constructor(
    private readonly wholeUsers: WholeUsers,
    private readonly resetMail: ResetMail,
    private readonly factorsReset: FactorsReset,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Mails a user the link that sets a new password',
    note:
      'The mail of `POST /auth/password/forgot`: nothing changes until the link is followed, ' +
      'and a disabled user gets none. Without a mail server 404.',
    path,
    answers: { 202: { says: 'The mail is on its way.' } },
    refuses: ['not_found', 'too_many_attempts'],
  })
  @Post('password-reset')
  @HttpCode(202)
  async reset(
    @Param('id') id: string,
    @Body({ schema: resetBody }) { reason }: z.output<typeof resetBody>,
    @Me() { userId: by }: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    assertMails(this.config);
    await this.resetMail.to(await this.wholeUsers.row(id), { by, caller, reason });
  }

  @Documented({
    under: 'Administration',
    does: 'Removes every second factor of a user, and ends every session',
    note: 'The password stays. The next factor needs the link of a mail, too; again: a new link.',
    path,
    answers: { 204: { says: 'Removed.' } },
    refuses: ['not_found', 'revocation_unconfirmed'],
  })
  @Delete('factors')
  @HttpCode(204)
  async removeFactors(
    @Param('id') id: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @Me() { userId: by }: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const user = await this.wholeUsers.row(id);
    const reset = await this.factorsReset.of(user.id, { by, caller, reason });
    if (!reset) throw new Refusal('not_found');
    assertConfirmed(reset.confirmation, user.id === by ? 'ended' : 'keep');
  }
}

import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Invitation } from '../accounts/invitation.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { emailAddress } from '../users/email.js';
import { type AdminUser, adminUser, toAdminUser } from './admin-user.js';
import { assertMails } from './assert-mails.js';
import { withReason } from './reasons.js';
import { assertRole } from './roles.js';
import { WholeUsers } from './whole-users.js';

const inviteBody = z.strictObject({
  email: emailAddress,
  role: z.string().default('user').meta({ description: 'One of the setting `ROLES`, for a new account.' }),
  ...withReason,
});
const inviteAnswer = z.object({ user: adminUser });

@ForAdministrators()
@Controller('admin/users')
export class InvitationsController {
  constructor(
    private readonly invitation: Invitation,
    private readonly wholeUsers: WholeUsers,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Invites a person: an account without a password, and a mail with the link to choose one',
    note: 'Again for an account without a password: a new link, and the role stays. Without a mail server 404.',
    answers: { 201: { says: 'Invited.', body: inviteAnswer } },
    refuses: ['not_found', 'email_taken'],
  })
  @Post()
  @HttpCode(201)
  async invite(
    @Body({ schema: inviteBody }) { email, role, reason }: z.output<typeof inviteBody>,
    @Me() { userId: by }: Principal,
    @From() caller: Caller,
  ): Promise<{ readonly user: AdminUser }> {
    assertMails(this.config);
    assertRole(this.config, role);
    const invited = await this.invitation.invite(email, { by, caller, reason }, role);
    if (!invited) throw new Refusal('email_taken');
    return { user: toAdminUser(await this.wholeUsers.row(invited.userId)) };
  }
}

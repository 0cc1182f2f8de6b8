// users invite: creates an account without a password, and mails its owner a link to choose one.
import * as z from 'zod';
import { Invitation } from '../../accounts/invitation.js';
import { Config } from '../../config/config.js';
import { emailAddress } from '../../users/email.js';
import { Users } from '../../users/users.js';
import { asDryRun, command } from '../command.js';
import { Failure } from '../failure.js';
import { flag } from '../input.js';
import { actOf } from '../operator.js';

export const usersInvite = command({
  name: 'users invite',
  usage: 'EMAIL',
  about: 'create an account whose owner chooses a password by a mailed link',
  details:
    'The link is good for 72 hours. Again for an account that has no password yet: a new link. A running service mails it.',
  argument: ['[email]', 'the address to invite'],
  hasDryRun: true,
  needs: 'keys',
  input: z.object({
    email: z
      .string({ error: 'Missing EMAIL.' })
      .pipe(emailAddress.catch(''))
      .refine(Boolean, 'EMAIL is not an email address.'),
    dryRun: flag,
  }),
  async run(desk, { email, dryRun }) {
    if (!desk.get(Config).sendsMail) throw Failure.of('no_mail', 'No mail can be sent: SMTP_URL is not set.');
    if (dryRun) {
      const user = await desk.get(Users).findByEmail(email);
      if (user && !(await desk.get(Invitation).mayInvite(user))) throw taken(email);
      const sentence = asDryRun(`${email} would be invited${user ? ' again' : ''}.`);
      return { sentence, result: { dryRun, email, created: false } };
    }
    const invited = await desk.get(Invitation).invite(email, actOf(desk));
    if (!invited) throw taken(email);
    const sentence = `${invited.isNew ? 'Created' : 'Found'} the account ${invited.userId}; the invitation is on its way.`;
    return { sentence, result: { dryRun, user: invited.userId, email, created: invited.isNew } };
  },
});

const taken = (email: string) => Failure.of('email_taken', `${email} has an account with a password, or is disabled.`);

// users invite: creates accounts without a password, and mails their owners a link to choose one.
import * as z from 'zod';
import { Invitation } from '../../accounts/invitation.js';
import { Config } from '../../config/config.js';
import { emailAddress } from '../../users/email.js';
import { Users } from '../../users/users.js';
import { asDryRun, command, type Desk, type Done } from '../command.js';
import { Failure } from '../failure.js';
import { openImportFile } from '../import-file.js';
import { flag } from '../input.js';

export const usersInvite = command({
  name: 'users invite',
  usage: 'EMAIL | --file FILE',
  about: 'create an account whose owner chooses a password by a mailed link',
  details:
    'The link is good for 72 hours. Again for an account that has no password yet: a new link. A running service mails it.',
  argument: ['[email]', 'the address to invite'],
  options: { '--file <file>': 'a file of addresses, one per line' },
  hasDryRun: true,
  needs: 'keys',
  input: z
    .object({ email: z.string().optional(), file: z.string().optional(), dryRun: flag })
    .refine(({ email, file }) => (email === undefined) !== (file === undefined), 'Missing EMAIL or --file FILE.')
    .refine(
      ({ email }) => email === undefined || emailAddress.safeParse(email).success,
      'EMAIL is not an email address.',
    ),
  async run(desk, { email, file, dryRun }) {
    if (!desk.get(Config).sendsMail) throw Failure.of('no_mail', 'No mail can be sent: SMTP_URL is not set.');
    if (file !== undefined) return inviteAll(desk, file, dryRun);
    const address = emailAddress.parse(email);
    const invited = await invite(desk, address, dryRun);
    if (invited === 'email_taken')
      throw Failure.of('email_taken', `${address} has an account with a password, or is disabled.`);
    const { userId, isNew } = invited;
    if (dryRun) {
      const sentence = asDryRun(`${address} would be invited${isNew ? '' : ' again'}.`);
      return { sentence, result: { dryRun, email: address, created: false } };
    }
    const sentence = `${isNew ? 'Created' : 'Found'} the account ${userId}; the invitation is on its way.`;
    return { sentence, result: { dryRun, user: userId, email: address, created: isNew } };
  },
});

/** An address each in a transaction of its own: a run that was interrupted is repeated, and then mails again. */
async function inviteAll(desk: Desk, path: string, dryRun: boolean): Promise<Done> {
  const refusals: { line: number; code: 'email_invalid' | 'email_taken' }[] = [];
  let invited = 0;
  for await (const { number: line, bytes } of (await openImportFile(path)).lines) {
    const text = bytes?.toString().trim();
    if (text === '') continue;
    const email = emailAddress.safeParse(text);
    const outcome = email.success ? await invite(desk, email.data, dryRun) : 'email_invalid';
    if (typeof outcome === 'string') refusals.push({ line, code: outcome });
    else invited++;
  }
  const counts = `${invited} people ${dryRun ? 'would be ' : ''}invited, ${refusals.length} lines refused.`;
  const lines = refusals.map(({ line, code }) => `  line ${line}: ${code}`);
  const sentence = [dryRun ? asDryRun(counts) : counts, ...lines].join('\n');
  return { sentence, result: { dryRun, invited, refused: refusals.length, refusals }, failed: refusals.length > 0 };
}

async function invite(desk: Desk, email: string, dryRun: boolean) {
  if (!dryRun)
    return (await desk.get(Invitation).invite(email, { by: 'operator', caller: desk.caller })) ?? 'email_taken';
  const user = await desk.get(Users).findByEmail(email);
  if (user && !(await desk.get(Invitation).mayInvite(user))) return 'email_taken';
  return { userId: user?.id ?? '', isNew: user === undefined };
}

// mail retry: lets mail be tried at once, such as after the mail server is back.
import * as z from 'zod';
import { MailQueue } from '../../mail/mail-queue.js';
import { asDryRun, command } from '../command.js';
import { flag } from '../input.js';

export const mailRetry = command({
  name: 'mail retry',
  usage: '[ID]',
  about: 'try the mails that wait at once, or one of them',
  details:
    'A running service sends them within two seconds. The address of a dead mail is erased: it has to be asked for again.',
  argument: ['[id]', 'the ID of one mail, as mail list shows it'],
  hasDryRun: true,
  needs: 'tables',
  input: z.object({ id: z.uuid('ID must be the ID of a mail.').optional(), dryRun: flag }),
  async run(desk, { id, dryRun }) {
    const queue = desk.get(MailQueue);
    if (dryRun) {
      const mails = await queue.pausing(id);
      return { sentence: asDryRun(`${mails} mail(s) would be tried at once.`), result: { dryRun, mails } };
    }
    const mails = await queue.retry(id, desk.caller);
    return { sentence: `${mails} mail(s) are tried at once.`, result: { dryRun, mails } };
  },
});

// mail list: shows what waits in the outbox. For whom it is stays sealed.
import * as z from 'zod';
import { type ListedMail, MailQueue } from '../../mail/mail-queue.js';
import { command } from '../command.js';

const MAX_LIMIT = 1_000;
const limit = `--limit must be a whole number from 1 to ${MAX_LIMIT}.`;

export const mailList = command({
  name: 'mail list',
  usage: '[--limit NUMBER]',
  about: 'list the mails that wait, the oldest first, and those that will not arrive',
  options: { '--limit <number>': `how many, at most ${MAX_LIMIT} (default: 50)` },
  needs: 'tables',
  input: z.object({ limit: z.coerce.number(limit).int(limit).min(1, limit).max(MAX_LIMIT, limit).default(50) }),
  async run(desk, { limit }) {
    const queue = desk.get(MailQueue);
    const { waiting, dead } = await queue.figures();
    const mails = await queue.list(limit);
    const count = `${waiting} mail(s) wait, ${dead} will not arrive.`;
    return { sentence: [count, ...mails.map(lineOf)].join('\n'), result: { waiting, dead, mails } };
  },
});

const lineOf = ({ id, kind, createdAt, attempts, nextAttemptAt, deadAt, reason }: ListedMail) =>
  `${id}  ${kind}  since ${createdAt}  ${attempts} tries  ` +
  `${deadAt ? `dead since ${deadAt}` : `next at ${nextAttemptAt}`}${reason ? `  ${reason}` : ''}`;

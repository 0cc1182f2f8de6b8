// users create-admin: creates the first admin of an installation, even while registration is closed.
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { emailAddress } from '../../users/email.js';
import { PasswordPolicy } from '../../credentials/password/password-policy.js';
import { Passwords } from '../../credentials/password/passwords.js';
import { UserStatus } from '../../users/user-status.js';
import { PendingUsers } from '../../users/pending-users.js';
import { Users } from '../../users/users.js';
import { asDryRun, command, type Desk } from '../command.js';
import { Failure } from '../failure.js';
import { flag } from '../input.js';

export const usersCreateAdmin = command({
  name: 'users create-admin',
  usage: '--email EMAIL < FILE',
  about: 'create an account with the role admin; the password is read from standard input',
  details: 'One newline at the end of the password is removed. Works even while registration is closed.',
  options: {
    '--email <email>': 'the email address of the new admin',
    '--password <password>': 'instead of standard input; other users of this machine can see it',
  },
  hasDryRun: true,
  needs: 'tables',
  input: z.object({
    email: z
      .string({ error: 'Missing --email.' })
      .pipe(emailAddress.catch(''))
      .refine(Boolean, '--email is not an email address.'),
    password: z.string().optional(),
    dryRun: flag,
  }),
  async run(desk, { email, password: given, dryRun }) {
    if (given !== undefined) desk.warn('Every user of this machine can see --password. Use standard input instead.');
    const password = given ?? (await passwordFromInput(desk));
    await desk.get(PasswordPolicy).assertAcceptable(password, email);
    if (dryRun) {
      const user = await desk.get(Users).findByEmail(email);
      if (user && (user.pendingUntil === null || user.disabledAt !== null)) throw taken(email);
      const sentence = asDryRun(`the admin ${email} would be created.`);
      return { sentence, result: { dryRun, email, role: 'admin' } };
    }
    const user = await create(desk, email, await desk.get(Passwords).hash(password));
    return { sentence: `Created the admin ${email} (${user}).`, result: { dryRun, user, email, role: 'admin' } };
  },
});

async function passwordFromInput(desk: Desk): Promise<string> {
  if (process.stdin.isTTY) desk.warn('Type the password (it is shown), then Enter and Ctrl-D:');
  return (await text(process.stdin)).replace(/\r?\n$/, '');
}

/**
 * Creates the account and gives it the role in one transaction. A registration of the address that nobody has verified
 * gives way: its password is a stranger's for all the operator knows.
 */
async function create(desk: Desk, email: string, passwordHash: string): Promise<string> {
  const [users, audit] = [desk.get(Users), desk.get(Audit)];
  const user = await inTransaction(desk.get(Database), async (tx) => {
    await desk.get(PendingUsers).giveWay(tx, email);
    const created = await users.create(tx, email, passwordHash);
    if (!created) return undefined;
    const { id: userId } = created;
    await desk.get(UserStatus).changeRole(tx, userId, 'admin');
    const role = { type: 'role.changed', userId, from: created.role, to: 'admin', by: 'operator' } as const;
    await audit.record(tx, [{ type: 'user.registered', userId }, role], desk.caller);
    return userId;
  });
  if (!user) throw taken(email);
  return user;
}

const taken = (email: string) =>
  Failure.of('email_taken', `${email} has an account: use users role --user ${email} --role admin.`);

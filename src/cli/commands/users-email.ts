// users email: gives a user another address, after the operator has made sure who they are.
import * as z from 'zod';
import { AddressCorrection } from '../../accounts/address-correction.js';
import { emailAddress } from '../../users/email.js';
import type { Transaction } from '../../database/database.js';
import { UpstreamIdentities } from '../../upstream/identities/upstream-identities.js';
import { Users } from '../../users/users.js';
import { asDryRun, command } from '../command.js';
import { hintOf } from '../confirmation.js';
import { Failure } from '../failure.js';
import { flag, userOf, who } from '../input.js';
import { actOf } from '../operator.js';
import { countSessions } from '../live-sessions.js';

export const usersEmail = command({
  name: 'users email',
  usage: '--user WHO --email EMAIL',
  about: 'give a user another address; their sessions and their password end',
  details:
    'They set a new password by the link of POST /auth/password/forgot. A disabled user stays disabled. Connections with providers end.',
  options: { '--user <who>': 'an email address or a user ID', '--email <email>': 'the new address' },
  hasDryRun: true,
  needs: 'tables',
  input: z.object({
    user: who,
    email: z
      .string({ error: 'Missing --email.' })
      .pipe(emailAddress.catch(''))
      .refine(Boolean, '--email is not an email address.'),
    dryRun: flag,
  }),
  async run(desk, { user: named, email, dryRun }) {
    const { id } = await userOf(desk, named);
    const owner = await desk.get(Users).findByEmail(email);
    if (owner && owner.id !== id) throw Failure.of('email_taken', `${email} belongs to ${owner.id}.`);
    if (dryRun) {
      const sessions = await countSessions(desk, id);
      const fate = owner
        ? 'has that address already.'
        : `would get it without a password, and ${sessions} session(s) would end.`;
      return { sentence: asDryRun(`${id} ${fate}`), result: { dryRun, user: id, changed: false, sessions } };
    }
    // A thief may have connected them.
    const disconnect = (tx: Transaction) => desk.get(UpstreamIdentities).removeAll(tx, id);
    const correction = desk.get(AddressCorrection);
    const { hasChanged, confirmation } = await correction.correct(id, email, actOf(desk), disconnect);
    const fate = hasChanged
      ? `has the address ${email} now and no password; every session has ended.`
      : 'was not changed.';
    const sentence = `${id} ${fate}${hintOf(desk, confirmation)}`;
    return { sentence, result: { dryRun, user: id, changed: hasChanged }, confirmation };
  },
});

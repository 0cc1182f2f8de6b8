// users role: access tokens with the old role are refused at once; sessions stay.
import * as z from 'zod';
import { AccountStatus } from '../../accounts/account-status.js';
import { asDryRun, command } from '../command.js';
import { hintOf } from '../confirmation.js';
import { Failure } from '../failure.js';
import { flag, userOf, who } from '../input.js';
import { actOf } from '../operator.js';
import { noticeOf } from '../notices.js';
import { assertNotLastAdmin } from '../last-admin.js';

const choice = 'one of the setting ROLES';

export const usersRole = command({
  name: 'users role',
  usage: '--user WHO --role ROLE',
  about: 'give a user a role',
  options: { '--user <who>': 'an email address or a user ID', '--role <role>': choice },
  hasDryRun: true,
  needs: 'tables',
  input: z.object({
    user: who,
    role: z.string({ error: `Missing --role (${choice}).` }),
    dryRun: flag,
  }),
  async run(desk, { user: named, role, dryRun }) {
    const { ROLES: roles, MFA_REQUIRED_ROLES: strongRoles } = desk.config;
    if (!roles.includes(role))
      throw Failure.usage(`--role must be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(roles)}.`);
    const user = await userOf(desk, named);
    if (user.pendingUntil)
      throw Failure.of('email_unverified', `${user.id} is not verified, and may be anybody's: no role.`);
    const { id, role: from } = user;
    if (dryRun) {
      if (role !== 'admin') await assertNotLastAdmin(desk, id);
      const fate = from === role ? `is ${role} already.` : `would become ${role}; it is ${from} now.`;
      return { sentence: asDryRun(`${id} ${fate}`), result: { dryRun, user: id, changed: false, role: from } };
    }
    const notice = await noticeOf(desk, 'role_changed', user, { role });
    const status = desk.get(AccountStatus);
    const { hasChanged, confirmation } = await status.changeRole(id, role, actOf(desk), notice);
    const needsFactor = strongRoles.includes(role);
    const sessions = needsFactor ? 'sessions that began without a second factor have ended' : 'sessions stay';
    const fate = hasChanged
      ? `is ${role} now; access tokens with the old role are refused, ${sessions}.`
      : `was ${role} already.`;
    return {
      sentence: `${id} ${fate}${hintOf(desk, confirmation)}`,
      result: { dryRun, user: id, changed: hasChanged, role },
      confirmation,
    };
  },
});

// users disable and users enable.
import * as z from 'zod';
import { AccountStatus } from '../../accounts/account-status.js';
import { asDryRun, command } from '../command.js';
import { hintOf } from '../confirmation.js';
import { flag, userOf, who } from '../input.js';
import { assertNotLastAdmin } from '../last-admin.js';
import { countSessions } from '../live-sessions.js';

const options = { '--user <who>': 'an email address or a user ID' };
const input = z.object({ user: who, dryRun: flag });

export const usersDisable = command({
  name: 'users disable',
  usage: '--user WHO',
  about: 'disable a user and end their sessions',
  options,
  hasDryRun: true,
  needs: 'tables',
  input,
  async run(desk, { user: named, dryRun }) {
    const { id, disabledAt } = await userOf(desk, named);
    if (dryRun) {
      await assertNotLastAdmin(desk, id);
      const sessions = await countSessions(desk, id);
      const fate = disabledAt ? 'is disabled already.' : `would be disabled and ${sessions} session(s) would end.`;
      return { sentence: asDryRun(`${id} ${fate}`), result: { dryRun, user: id, changed: false, sessions } };
    }
    const { hasChanged, confirmation } = await desk.get(AccountStatus).disable(id, 'operator', desk.caller);
    const fate = hasChanged ? 'is disabled; every session has ended.' : 'was disabled already.';
    const sentence = `${id} ${fate}${hintOf(desk, confirmation)}`;
    return { sentence, result: { dryRun, user: id, changed: hasChanged }, confirmation };
  },
});

export const usersEnable = command({
  name: 'users enable',
  usage: '--user WHO',
  about: 'let a disabled user sign in again',
  options,
  hasDryRun: true,
  needs: 'tables',
  input,
  async run(desk, { user: named, dryRun }) {
    const { id, disabledAt } = await userOf(desk, named);
    if (dryRun) {
      const fate = disabledAt ? 'could sign in again.' : 'is not disabled.';
      return { sentence: asDryRun(`${id} ${fate}`), result: { dryRun, user: id, changed: false } };
    }
    const changed = await desk.get(AccountStatus).enable(id, 'operator', desk.caller);
    const sentence = changed ? `${id} may sign in again.` : `${id} was not disabled.`;
    return { sentence, result: { dryRun, user: id, changed } };
  },
});

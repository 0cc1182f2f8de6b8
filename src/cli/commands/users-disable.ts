// users disable and users enable.
import * as z from 'zod';
import { AccountStatus } from '../../accounts/account-status.js';
import { asDryRun, command } from '../command.js';
import { hintOf } from '../confirmation.js';
import { flag, userOf, who } from '../input.js';
import { actOf } from '../operator.js';
import { assertNotLastAdmin } from '../last-admin.js';
import { noticeOf } from '../notices.js';
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
    const user = await userOf(desk, named);
    const { id, disabledAt } = user;
    if (dryRun) {
      await assertNotLastAdmin(desk, id);
      const sessions = await countSessions(desk, id);
      const fate = disabledAt ? 'is disabled already.' : `would be disabled and ${sessions} session(s) would end.`;
      return { sentence: asDryRun(`${id} ${fate}`), result: { dryRun, user: id, changed: false, sessions } };
    }
    const notice = await noticeOf(desk, 'account_disabled', user);
    const { hasChanged, confirmation } = await desk.get(AccountStatus).disable(id, actOf(desk), notice);
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
    const user = await userOf(desk, named);
    const { id, disabledAt } = user;
    if (dryRun) {
      const fate = disabledAt ? 'could sign in again.' : 'is not disabled.';
      return { sentence: asDryRun(`${id} ${fate}`), result: { dryRun, user: id, changed: false } };
    }
    const notice = await noticeOf(desk, 'account_enabled', user);
    const changed = await desk.get(AccountStatus).enable(id, actOf(desk), notice);
    const sentence = changed ? `${id} may sign in again.` : `${id} was not disabled.`;
    return { sentence, result: { dryRun, user: id, changed } };
  },
});

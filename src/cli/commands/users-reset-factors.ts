// users reset-factors: removes the second factors of a user who has lost them.
import * as z from 'zod';
import { FactorsReset } from '../../accounts/factors-reset.js';
import { Database } from '../../database/database.js';
import { FactorRemoval } from '../../factors/factor-removal.js';
import { asDryRun, command } from '../command.js';
import { hintOf } from '../confirmation.js';
import { Failure } from '../failure.js';
import { flag, userOf, who } from '../input.js';
import { actOf } from '../operator.js';
import { countSessions } from '../live-sessions.js';

export const usersResetFactors = command({
  name: 'users reset-factors',
  usage: '--user WHO',
  about: 'remove every second factor of a user who has lost them; their sessions end',
  details:
    'Make sure first who asks: docs/operations/lost-factor.md. A running service mails them a link, good for 24 hours; ' +
    'with it and their password they set up a new factor. Again: a new link.',
  options: { '--user <who>': 'an email address or a user ID' },
  hasDryRun: true,
  needs: 'keys',
  input: z.object({ user: who, dryRun: flag }),
  async run(desk, { user: named, dryRun }) {
    const { id } = await userOf(desk, named);
    if (dryRun) {
      const factors = await desk.get(FactorRemoval).count(desk.get(Database), id);
      const sessions = await countSessions(desk, id);
      const sentence = asDryRun(`${id} would lose ${factors} second factor(s), and ${sessions} session(s) would end.`);
      return { sentence, result: { dryRun, user: id, changed: false, factors, sessions } };
    }
    const reset = await desk.get(FactorsReset).of(id, actOf(desk));
    if (!reset) throw Failure.of('no_such_user', `No such user: ${named}.`);
    const { factors, needsToken, confirmation } = reset;
    if (!needsToken) desk.warn('Warning: no mail can be sent: the next factor needs the password and no link.');
    const mail = needsToken ? ' A link for a new one is on its way.' : '';
    const sentence = `${id} has lost ${factors} second factor(s); every session has ended.${mail}${hintOf(desk, confirmation)}`;
    return { sentence, result: { dryRun, user: id, changed: true, factors, mailed: needsToken }, confirmation };
  },
});

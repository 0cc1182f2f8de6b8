// users unlock: lets a user whose account was guessed at try again at once.
import * as z from 'zod';
import { Unlock } from '../../limits/unlock.js';
import { asDryRun, command } from '../command.js';
import { flag, userOf, who } from '../input.js';

export const usersUnlock = command({
  name: 'users unlock',
  usage: '--user WHO',
  about: 'let a user who was guessed at try again at once',
  details: 'Takes every budget of wrong guesses on the account away. The limits by network stay.',
  options: { '--user <who>': 'an email address or a user ID' },
  hasDryRun: true,
  needs: 'keys',
  input: z.object({ user: who, dryRun: flag }),
  async run(desk, { user: named, dryRun }) {
    const { id } = await userOf(desk, named);
    if (dryRun) {
      const lanes = await desk.get(Unlock).count(id);
      const sentence = asDryRun(`${lanes} budget(s) of ${id} have wrong guesses.`);
      return { sentence, result: { dryRun, user: id, changed: false, lanes } };
    }
    const lanes = await desk.get(Unlock).unlock(id, desk.caller);
    const sentence = `${id} may try again: ${lanes} budget(s) had wrong guesses.`;
    return { sentence, result: { dryRun, user: id, changed: lanes > 0, lanes } };
  },
});

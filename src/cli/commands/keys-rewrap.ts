// keys rewrap: seals the keys under a new key-encryption key (docs/operations/key-rotation.md).
import * as z from 'zod';
import { Rewrap } from '../../keys/rewrap.js';
import { asDryRun, command } from '../command.js';
import { flag } from '../input.js';

export const keysRewrap = command({
  name: 'keys rewrap',
  about: 'seal everything under the present key-encryption key',
  hasDryRun: true,
  needs: 'keys',
  input: z.object({ dryRun: flag }),
  async run(desk, { dryRun }) {
    const done = await desk.get(Rewrap).run(desk.caller, { isDryRun: dryRun });
    const rows = Object.values(done.rows);
    const sum = (what: 'anew' | 'unopenable') => rows.reduce((total, each) => total + each[what], 0);
    const count = `${done.keys.length} key(s), ${done.secrets.length} secret(s) and ${sum('anew')} row(s)`;
    const closed =
      sum('unopenable') > 0 ? ` Neither key opens ${sum('unopenable')} row(s): they stay as they are.` : '';
    const sentence = dryRun
      ? asDryRun(`${count} would be sealed anew under the present key, ${done.untouched} are already.${closed}`)
      : `${count} were sealed anew under the present key, ${done.untouched} were already. ` +
        'Remove KEY_ENCRYPTION_KEY_PREVIOUS once every instance runs with the present key.' +
        closed;
    return { sentence, result: { dryRun, ...done } };
  },
});

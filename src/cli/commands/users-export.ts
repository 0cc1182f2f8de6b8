// users export: writes every user to standard output, a line each, as users import takes them.
import * as z from 'zod';
import { UserExport } from '../../accounts/export/user-export.js';
import { command } from '../command.js';
import { flag } from '../input.js';

export const usersExport = command({
  name: 'users export',
  usage: '[--with-hashes] > FILE',
  about: 'write every user to standard output, as users import takes them',
  details:
    'Sessions, second factors and connections with providers are not in it, nor registrations that nobody has verified. The count goes to standard error.',
  options: {
    '--with-hashes': 'with the hashes of passwords: whoever reads the file can guess at them, so keep it secret',
  },
  needs: 'tables',
  input: z.object({ withHashes: flag }),
  async run(desk, { withHashes }) {
    if (withHashes) desk.warn('Warning: the output holds the hashes of passwords. Keep it secret, and delete it soon.');
    const users = await desk.get(UserExport).run({ withHashes, write: desk.write }, 'operator', desk.caller);
    return { sentence: `${users} users.`, result: { users, withHashes }, isBesideOutput: true };
  },
});

// users list and users show.
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { command } from '../command.js';
import { userOf, who } from '../input.js';
import { type ListedUser, listUsers } from '../listed-users.js';

const MAX_LIMIT = 1_000;
const limit = `--limit must be a whole number from 1 to ${MAX_LIMIT}.`;

export const usersList = command({
  name: 'users list',
  usage: '[--limit NUMBER] [--after ID]',
  about: 'list users, the oldest account first',
  options: {
    '--limit <number>': `how many, at most ${MAX_LIMIT} (default: 50)`,
    '--after <id>': 'begin after this user ID, the last one of the previous page',
  },
  needs: 'tables',
  input: z.object({
    limit: z.coerce.number(limit).int(limit).min(1, limit).max(MAX_LIMIT, limit).default(50),
    after: z.uuid('--after must be a user ID.').optional(),
  }),
  async run(desk, { limit, after }) {
    // One more row than requested shows whether another page follows.
    const found = await listUsers(desk, after ? sql`u.id > ${after}` : sql`true`, limit + 1);
    const users = found.slice(0, limit);
    const next = found.length > limit ? (users.at(-1)?.id ?? null) : null;
    const lines = users.map(lineOf);
    if (next) lines.push(`More follow: --after ${next}`);
    return { sentence: lines.join('\n') || 'No users.', result: { users, next } };
  },
});

export const usersShow = command({
  name: 'users show',
  usage: '--user WHO',
  about: 'show one user: status, role, age of the account, live sessions',
  options: { '--user <who>': 'an email address or a user ID' },
  needs: 'tables',
  input: z.object({ user: who }),
  async run(desk, { user: named }) {
    const { id } = await userOf(desk, named);
    const [user] = await listUsers(desk, sql`u.id = ${id}`, 1);
    const lines = Object.entries(user ?? {}).map(([name, value]) => `${`${name}:`.padEnd(15)}${value ?? '-'}`);
    return { sentence: lines.join('\n'), result: { user } };
  },
});

const lineOf = ({ id, email, role, status, createdAt, sessions }: ListedUser) =>
  `${id}  ${email}  ${role}  ${status}  since ${createdAt.slice(0, 10)}  ${sessions} session(s)`;

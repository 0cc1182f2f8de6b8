// users list and users show.
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { AdminUser } from '../../admin/admin-user.js';
import { UserSearch } from '../../admin/user-search.js';
import { Database } from '../../database/database.js';
import { command, type Desk } from '../command.js';
import { flag, userOf, who } from '../input.js';
import { type ListedUser, listUsers } from '../listed-users.js';

const MAX_LIMIT = 1_000;
const limit = `--limit must be a whole number from 1 to ${MAX_LIMIT}.`;

export const usersList = command({
  name: 'users list',
  usage: '[--email PREFIX] [--role ROLE] [--disabled] [--limit NUMBER] [--after WHO]',
  about: 'list users, the oldest account first; with a filter in the order of addresses',
  options: {
    '--email <prefix>': 'whose address begins so',
    '--role <role>': 'who have this role',
    '--disabled': 'who are disabled',
    '--limit <number>': `how many, at most ${MAX_LIMIT} (default: 50)`,
    '--after <who>': 'begin after the last one of the previous page: a user ID, with a filter an address',
  },
  needs: 'tables',
  input: z
    .object({
      email: z.string().min(1, '--email must not be empty.').optional(),
      role: z.string().optional(),
      disabled: flag,
      limit: z.coerce.number(limit).int(limit).min(1, limit).max(MAX_LIMIT, limit).default(50),
      after: z.string().optional(),
    })
    .refine((given) => isFiltered(given) || z.uuid().optional().safeParse(given.after).success, {
      message: '--after must be a user ID.',
    }),
  async run(desk, given) {
    const { users, next } = isFiltered(given) ? await search(desk, given) : await oldest(desk, given);
    const lines = users.map(lineOf);
    if (next) lines.push(`More follow: --after ${next}`);
    return { sentence: lines.join('\n') || 'No users.', result: { users, next } };
  },
});

interface Given {
  readonly email?: string | undefined;
  readonly role?: string | undefined;
  readonly disabled: boolean;
  readonly limit: number;
  readonly after?: string | undefined;
}

interface Listed {
  readonly users: readonly ListedUser[];
  readonly next: string | null;
}

const isFiltered = ({ email, role, disabled }: Pick<Given, 'email' | 'role' | 'disabled'>) =>
  email !== undefined || role !== undefined || disabled;

/** One more row than requested shows whether another page follows. */
async function oldest(desk: Desk, { limit: most, after }: Given): Promise<Listed> {
  const found = await listUsers(desk, after ? sql`u.id > ${after}` : sql`true`, most + 1);
  const users = found.slice(0, most);
  return { users, next: found.length > most ? (users.at(-1)?.id ?? null) : null };
}

/** As many as were asked for, whatever number of windows that takes (admin/bounded-page.ts). */
async function search(desk: Desk, { email, role, disabled, limit: most, after }: Given): Promise<Listed> {
  const filters = { email: email?.toLowerCase(), role, ...(disabled ? { disabled } : {}) };
  const found: AdminUser[] = [];
  let end = after;
  do {
    const page = await new UserSearch(desk.get(Database)).page(filters, end, most - found.length);
    found.push(...page.rows);
    end = page.end;
  } while (end !== undefined && found.length < most);
  const listed = await listUsers(desk, sql`u.id = any(${sql.param(found.map(({ id }) => id))}::uuid[])`, most);
  const byId = new Map(listed.map((user) => [user.id, user]));
  return { users: found.flatMap(({ id }) => byId.get(id) ?? []), next: end ?? null };
}

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

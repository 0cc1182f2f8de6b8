// Counts the sessions that a command would end, by the same condition as sessions/session-end.ts.
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import type { Desk } from './command.js';

export async function countSessions(desk: Desk, userId: string): Promise<number> {
  const { rows } = await desk
    .get(Database)
    .execute<{ count: number }>(
      sql`select count(*)::int as count from ${refreshTokens} where user_id = ${userId} and not revoked`,
    );
  return rows[0]?.count ?? 0;
}

export async function countEverybody(desk: Desk): Promise<{ users: number; sessions: number }> {
  const { rows } = await desk.get(Database).execute<{ users: number; sessions: number }>(sql`
    select (select count(*)::int from ${users}) as users,
           (select count(*)::int from ${refreshTokens} where not revoked) as sessions`);
  return rows[0] ?? { users: 0, sessions: 0 };
}

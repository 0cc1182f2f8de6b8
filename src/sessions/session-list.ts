// Lists a user's sessions, with the time and place of the last use.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { timeOf } from '../database/schema/columns.js';
import { Database } from '../database/database.js';
import { refreshTokens, users } from '../database/schema/users-and-sessions.js';
import { transports } from '../database/schema/vocabularies.js';

export const listedSession = z
  .object({
    id: z.uuid(),
    createdAt: z.iso.datetime(),
    /** Users need no more precision. */
    lastSeenAt: z.iso.datetime().meta({ description: 'Rounded down to 15 minutes.' }),
    ip: z.string().nullable().meta({ description: 'The address of the last refresh or the sign-in.' }),
    userAgent: z.string().nullable(),
    persistent: z.boolean().meta({ description: 'Signed in with `remember`.' }),
    transport: z.enum(transports),
    bound: z.boolean().meta({ description: 'Bound to a key: a refresh needs a proof of it (RFC 9449).' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Session' });

export type ListedSession = Readonly<z.output<typeof listedSession>>;

type Row = Record<string, unknown> &
  Omit<ListedSession, 'createdAt' | 'lastSeenAt' | 'expiresAt'> &
  Record<'createdAt' | 'lastSeenAt' | 'expiresAt', string>;

@Injectable()
export class SessionList {
  constructor(private readonly database: Database) {}

  /** @returns the thumbprint of the key that a session is bound to (RFC 7638), if it is */
  async keyOf(userId: string, sessionId: string): Promise<string | undefined> {
    const { rows } = await this.database.execute<{ jkt: string | null }>(sql`
      select jkt from ${refreshTokens} where user_id = ${userId} and id = ${sessionId}`);
    return rows[0]?.jkt ?? undefined;
  }

  /** The live ones, the most recently used first. */
  async of(userId: string): Promise<ListedSession[]> {
    const { rows } = await this.database.execute<Row>(sql`
      select s.id, s.created_at as "createdAt", s.persistent, s.transport, s.expires_at as "expiresAt",
             s.jkt is not null as bound,
             date_bin('15 minutes', s.rotated_at, 'epoch') as "lastSeenAt",
             host(s.rotated_by_ip) as ip, s.rotated_user_agent as "userAgent"
        from ${refreshTokens} s join ${users} u on u.id = s.user_id, protocol_now() as now
       where s.user_id = ${userId} and u.id = ${userId} and not s.revoked and s.expires_at > now
         and s.absolute_expires_at > now and s.session_epoch = u.session_epoch
       order by s.rotated_at desc`);
    const iso = (text: string) => timeOf(text).toISOString();
    return rows.map((row) => ({
      ...row,
      createdAt: iso(row.createdAt),
      lastSeenAt: iso(row.lastSeenAt),
      expiresAt: iso(row.expiresAt),
    }));
  }
}

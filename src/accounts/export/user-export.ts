// Reads every user as lines that an import takes, page by page in the order of their ids.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Audit } from '../../audit/audit.js';
import { Database } from '../../database/database.js';
import { users } from '../../database/schema/users-and-sessions.js';
import type { Caller } from '../../http/caller.js';

interface ExportWish {
  readonly withHashes: boolean;
  /** Waits until the text is written. */
  readonly write: (text: string) => Promise<void>;
}

type Row = Record<string, unknown> & { id: string; line: Record<string, unknown> };

const PAGE = 1_000;

@Injectable()
export class UserExport {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
  ) {}

  /** Registrations that nobody has verified are left out. @returns how many users were written */
  async run({ withHashes, write }: ExportWish, by: string, caller: Caller): Promise<number> {
    let count = 0;
    for (let page = await this.page(withHashes); page.length > 0; page = await this.page(withHashes, page.at(-1)?.id)) {
      await write(page.map(({ line }) => `${JSON.stringify(line)}\n`).join(''));
      count += page.length;
    }
    await this.audit.recordAlone({ type: 'users.exported', users: count, withHashes, by }, caller);
    return count;
  }

  private async page(withHashes: boolean, after?: string): Promise<Row[]> {
    const hash = withHashes ? sql`password_hash` : sql`null`;
    const { rows } = await this.database.execute<Row>(sql`
      select id, jsonb_strip_nulls(jsonb_build_object(
               'id', id, 'email', email, 'passwordHash', ${hash}, 'emailVerified', email_verified_at is not null,
               'disabled', case when disabled_at is not null then true end,
               'role', nullif(role, 'user'),
               'createdAt', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) as line
        from ${users}
       where pending_until is null and ${after === undefined ? sql`true` : sql`id > ${after}`}
       order by id limit ${PAGE}`);
    return rows;
  }
}

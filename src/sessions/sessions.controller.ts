import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { ForeignSessions } from './foreign-sessions.js';
import { SessionEnd, type SessionsEnded } from './session-end.js';
import { listedSession, SessionList } from './session-list.js';

const endQuery = z.strictObject({
  persistent: z.literal('true').optional().meta({ description: 'Ends every remembered session, the current one too.' }),
});
const listAnswer = z.object({ sessions: z.array(listedSession.extend({ current: z.boolean() })) });

@Controller('auth/sessions')
export class SessionsController {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly sessionList: SessionList,
    private readonly foreignSessions: ForeignSessions,
  ) {}

  @Documented({
    under: 'Sessions',
    does: 'Lists the sessions of the caller, the most recently used first',
    answers: { 200: { says: 'The sessions.', body: listAnswer } },
  })
  @Get()
  async list(@Me() me: Principal): Promise<z.output<typeof listAnswer>> {
    const sessions = await this.sessionList.of(me.userId);
    return { sessions: sessions.map((session) => ({ ...session, current: session.id === me.sessionId })) };
  }

  /** Ends all sessions but the current one; with `?persistent=true` every remembered session. */
  @Documented({
    under: 'Sessions',
    does: 'Ends all sessions but the current one, or the remembered ones',
    answers: { 204: { says: 'Ended.' } },
    refuses: ['revocation_unconfirmed'],
  })
  @SkipVerdictCache()
  @Delete()
  @HttpCode(204)
  async endMany(
    @Query({ schema: endQuery }) { persistent }: z.output<typeof endQuery>,
    @Me() me: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const which = persistent ? sql`persistent` : sql`id <> ${me.sessionId}`;
    // A session that a thief had elsewhere must not become one of ours afterwards.
    const elsewhere = (tx: Transaction) => this.foreignSessions.endOf(tx, me.userId);
    await this.confirmed(await this.sessionEnd.own(me.userId, which, caller, elsewhere), me);
  }

  /** Another user's id and a malformed id get the same answer: not found. */
  @Documented({
    under: 'Sessions',
    does: 'Ends one session',
    answers: { 204: { says: 'Ended.' } },
    refuses: ['not_found', 'revocation_unconfirmed'],
    path: { id: z.uuid() },
  })
  @SkipVerdictCache()
  @Delete(':id')
  @HttpCode(204)
  async endOne(@Param('id') id: string, @Me() me: Principal, @From() caller: Caller): Promise<void> {
    if (!z.uuid().safeParse(id).success) throw new Refusal('not_found');
    const ended = await this.sessionEnd.own(me.userId, sql`id = ${id}`, caller);
    await this.confirmed(ended, me);
    if (ended.sessions === 0) throw new Refusal('not_found');
  }

  /** An unconfirmed end of other sessions does not end the caller's session. */
  private async confirmed({ confirmation }: SessionsEnded, me: Principal): Promise<void> {
    if (confirmation.isConfirmed) return;
    const isMineAlive = (await this.sessionList.of(me.userId)).some(({ id }) => id === me.sessionId);
    assertConfirmed(confirmation, isMineAlive ? 'keep' : 'ended');
  }
}

import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { SessionEnd, type SessionsEnded } from './session-end.js';
import { type ListedSession, SessionList } from './session-list.js';

const endQuery = z.strictObject({ persistent: z.literal('true').optional() });

@Controller('auth/sessions')
export class SessionsController {
  constructor(
    private readonly sessionEnd: SessionEnd,
    private readonly sessionList: SessionList,
  ) {}

  @Get()
  async list(@Me() me: Principal): Promise<{ sessions: (ListedSession & { current: boolean })[] }> {
    const sessions = await this.sessionList.of(me.userId);
    return { sessions: sessions.map((session) => ({ ...session, current: session.id === me.sessionId })) };
  }

  /** Ends all sessions but the current one; with `?persistent=true` every remembered session. */
  @SkipVerdictCache()
  @Delete()
  @HttpCode(204)
  async endMany(
    @Query({ schema: endQuery }) { persistent }: z.output<typeof endQuery>,
    @Me() me: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const which = persistent ? sql`persistent` : sql`id <> ${me.sessionId}`;
    await this.confirmed(await this.sessionEnd.own(me.userId, which, caller), me);
  }

  /** Another user's id and a malformed id get the same answer: not found. */
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

import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { isUnconfirmed } from '../revocation/revocations.js';
import { SessionEnd } from './session-end.js';
import { type ListedSession, SessionList } from './session-list.js';

const which = z.strictObject({ persistent: z.literal('true').optional() });

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

  /** All but the current one; with `?persistent=true` the remembered ones, wherever they are. */
  @SkipVerdictCache()
  @Delete()
  @HttpCode(204)
  async endMany(
    @Query({ schema: which }) { persistent }: z.output<typeof which>,
    @Me() me: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const ended = this.sessionEnd.own(me.userId, persistent ? sql`persistent` : sql`id <> ${me.sessionId}`, caller);
    await this.confirmed(ended, me);
  }

  /** A foreign id and one that is no id at all are the same: not found. */
  @SkipVerdictCache()
  @Delete(':id')
  @HttpCode(204)
  async endOne(@Param('id') id: string, @Me() me: Principal, @From() caller: Caller): Promise<void> {
    const isId = z.uuid().safeParse(id).success;
    const ended = isId ? await this.confirmed(this.sessionEnd.own(me.userId, sql`id = ${id}`, caller), me) : 0;
    if (ended === 0) throw new Refusal('not_found');
  }

  /** The ends of other sessions that Redis has not confirmed do not end the caller's. */
  private async confirmed<T>(end: Promise<T>, me: Principal): Promise<T> {
    try {
      return await end;
    } catch (cause) {
      if (!isUnconfirmed(cause)) throw cause;
      const isMineAlive = (await this.sessionList.of(me.userId)).some(({ id }) => id === me.sessionId);
      throw new Refusal('revocation_unconfirmed', { session: isMineAlive ? 'keep' : 'ended', cause });
    }
  }
}

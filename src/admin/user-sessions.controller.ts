import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Documented } from '../http/documented.decorator.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { listedSession, SessionList } from '../sessions/session-list.js';
import { ForcedEnd } from './forced-end.js';
import { type ReasonQuery, reasonQuery } from './reasons.js';
import { WholeUsers } from './whole-users.js';

const listAnswer = z.object({ sessions: z.array(listedSession) });
const path = { id: z.uuid() };

@ForAdministrators()
@Controller('admin/users/:id/sessions')
export class UserSessionsController {
  constructor(
    private readonly wholeUsers: WholeUsers,
    private readonly sessionList: SessionList,
    private readonly forcedEnd: ForcedEnd,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Lists the sessions of a user, the most recently used first',
    path,
    answers: { 200: { says: 'The sessions.', body: listAnswer } },
    refuses: ['not_found'],
  })
  @Get()
  async list(@Param('id') id: string): Promise<z.output<typeof listAnswer>> {
    const user = await this.wholeUsers.row(id);
    return { sessions: await this.sessionList.of(user.id) };
  }

  @Documented({
    under: 'Administration',
    does: 'Ends every session and access token of a user, who has a mail',
    path,
    answers: { 204: { says: 'Ended.' } },
    refuses: ['not_found', 'revocation_unconfirmed'],
  })
  @Delete()
  @HttpCode(204)
  async endAll(
    @Param('id') id: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @Me() { userId: by }: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const { confirmation } = await this.forcedEnd.all(await this.wholeUsers.row(id), { by, caller, reason });
    assertConfirmed(confirmation, id === by ? 'ended' : 'keep');
  }

  @Documented({
    under: 'Administration',
    does: 'Ends one session of a user',
    path: { ...path, sessionId: z.uuid() },
    answers: { 204: { says: 'Ended.' } },
    refuses: ['not_found', 'revocation_unconfirmed'],
  })
  @Delete(':sessionId')
  @HttpCode(204)
  async endOne(
    @Param('id') id: string,
    @Param('sessionId') sessionId: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @Me() me: Principal,
    @From() caller: Caller,
  ): Promise<void> {
    const user = await this.wholeUsers.row(id);
    if (!z.uuid().safeParse(sessionId).success) throw new Refusal('not_found');
    const ended = await this.forcedEnd.one(user, sessionId, { by: me.userId, caller, reason });
    assertConfirmed(ended.confirmation, sessionId === me.sessionId ? 'ended' : 'keep');
    if (ended.sessions === 0) throw new Refusal('not_found');
  }
}

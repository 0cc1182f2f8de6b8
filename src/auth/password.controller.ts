import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { PasswordChange } from '../credentials/password-change.js';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { SessionList } from '../sessions/session-list.js';
import { PresentedToken } from './presented-token.js';
import { SignIn } from './sign-in.js';
import { TokenAnswer } from './token-answer.js';

const passwordBody = z.strictObject({ currentPassword: z.string(), newPassword: z.string() });

@Controller('auth/password')
export class PasswordController {
  constructor(
    private readonly passwordChange: PasswordChange,
    private readonly sessionList: SessionList,
    private readonly signIn: SignIn,
    private readonly presentedToken: PresentedToken,
    private readonly answer: TokenAnswer,
  ) {}

  /** Every session ends; whoever changed the password goes on with a new one, over the same transport. */
  @SkipVerdictCache()
  @Post()
  @HttpCode(200)
  async change(
    @Body({ schema: passwordBody }) { currentPassword, newPassword }: z.output<typeof passwordBody>,
    @Me() me: Principal,
    @From() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const current = (await this.sessionList.of(me.userId)).find(({ id }) => id === me.sessionId);
    const transport = this.presentedToken.of(request)?.transport ?? 'bearer';
    // A session keeps its transport: the token of a cookie never becomes one in a body.
    if (current && current.transport !== transport) throw new Refusal('transport_mismatch');
    const { user, confirmation } = await this.passwordChange.change(me.userId, currentPassword, newPassword, caller);
    assertConfirmed(confirmation);
    const wish = { transport, persistent: current?.persistent ?? false, methods: ['pwd'] };
    const grant = await this.signIn.complete(user, wish, caller);
    // Somebody changed the user again in between: the new password is set, the session is not.
    if (!grant) throw new Refusal('token_revoked');
    return this.answer.write(grant, reply);
  }
}

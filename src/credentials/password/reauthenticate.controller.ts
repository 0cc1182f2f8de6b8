import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { assertion } from '../../factors/passkeys/credentials.js';
import { CostsHash } from '../../http/costs-hash.js';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { Me, type Principal } from '../../http/principal.js';
import { SkipVerdictCache } from '../../http/skip-verdict-cache.decorator.js';
import { MAX_DEVICE_TOKEN } from '../../limits/devices.js';
import type { IssuedAccess } from '../../sessions/issued-tokens.js';
import { Reauthentication } from '../../sessions/reauthentication.js';
import { FactorDemand } from '../../sign-in/factor-demand.js';
import { type IssuedAnswer, issuedAnswer, TokenAnswer } from '../../sign-in/token-answer.js';
import { PasskeyReauthentication } from '../passkeys/passkey-reauthentication.js';
import { CallerSession, type CallersSession } from './caller-session.js';
import { CurrentPassword } from './current-password.js';

const reauthenticateBody = z
  .strictObject({
    password: z.string().optional(),
    passkey: assertion.optional().meta({ description: 'Alone it is both factors at once.' }),
    deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
  })
  .refine(({ password, passkey }) => (password === undefined) !== (passkey === undefined), {
    message: 'must hold a password or a passkey',
  });
type Body = z.output<typeof reauthenticateBody>;

@Controller('auth')
export class ReauthenticateController {
  constructor(
    private readonly currentPassword: CurrentPassword,
    private readonly byPasskey: PasskeyReauthentication,
    private readonly callerSession: CallerSession,
    private readonly factorDemand: FactorDemand,
    private readonly reauthentication: Reauthentication,
    private readonly answer: TokenAnswer,
  ) {}

  /** The same session goes on; only its access token is new, with the present time as `auth_time`. */
  @Documented({
    under: 'Account',
    does: 'Proves once more who the caller is',
    note: 'The same session goes on, with a new access token and `auth_time`; the refresh token stays.',
    answers: { 200: { says: 'Proven.', body: issuedAnswer, cookies: ['access'] } },
    refuses: ['invalid_credentials', 'second_factor_required', 'transport_mismatch', 'too_many_attempts'],
    refusalCookies: ['factor'],
  })
  @SkipVerdictCache()
  @CostsHash()
  @Post('reauthenticate')
  @HttpCode(200)
  async reauthenticate(
    @Body({ schema: reauthenticateBody }) body: Body,
    @Me() me: Principal,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    const session = await this.callerSession.of(me, exchange.request);
    const issued = body.passkey
      ? await this.byPasskey.of(me, body.passkey, session.transport, exchange.caller)
      : await this.byPassword(me, session, body, exchange);
    if (issued) return this.answer.write(issued, exchange);
    await this.currentPassword.assertAlive(me);
    throw new Refusal('token_stale');
  }

  private async byPassword(
    me: Principal,
    { transport, persistent }: CallersSession,
    { password = '', deviceToken }: Body,
    exchange: Exchange,
  ): Promise<IssuedAccess | undefined> {
    const user = await this.currentPassword.prove('reauthenticate', me, { password, deviceToken }, exchange);
    const proof = { sessionId: me.sessionId, transport, methods: ['pwd'] };
    const isAll = await this.factorDemand.meet({ user }, { purpose: 'reauthenticate', persistent, ...proof }, exchange);
    return isAll && this.reauthentication.of({ user, ...proof }, exchange.caller);
  }
}

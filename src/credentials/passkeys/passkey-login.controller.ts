import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import * as z from 'zod';
import { transports } from '../../database/schema/vocabularies.js';
import { requestOptions } from '../../factors/passkeys/answers.js';
import { BrowserNonce } from '../../factors/passkeys/browser-nonce.js';
import { assertion } from '../../factors/passkeys/credentials.js';
import { PasskeyOptions } from '../../factors/passkeys/passkey-options.js';
import { Documented, signInCookies } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { OwnOriginOnly } from '../../http/own-origin.decorator.js';
import { Public } from '../../http/public.decorator.js';
import { StartsSession } from '../../http/starts-session.decorator.js';
import { MAX_DEVICE_TOKEN } from '../../limits/devices.js';
import { SignIn } from '../../sign-in/sign-in.js';
import { type IssuedAnswer, issuedAnswer } from '../../sign-in/token-answer.js';
import { PasskeyProof } from './passkey-proof.js';

const optionsBody = z
  .strictObject({ transport: z.enum(transports).default('cookie') })
  .default({ transport: 'cookie' });
const loginBody = z.strictObject({
  credential: assertion,
  remember: z.boolean().default(false),
  transport: z.enum(transports).default('cookie'),
  deviceToken: z.string().max(MAX_DEVICE_TOKEN).optional(),
});

@Controller('auth/login/passkey')
export class PasskeyLoginController {
  constructor(
    private readonly options: PasskeyOptions,
    private readonly nonce: BrowserNonce,
    private readonly passkeyProof: PasskeyProof,
    private readonly signIn: SignIn,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Begins a sign-in by passkey',
    note: 'The challenge is good in this browser only, which receives a cookie; over `bearer` it needs none.',
    answers: { 200: { says: 'For `navigator.credentials.get`.', body: requestOptions, cookies: ['passkey'] } },
    refuses: ['unavailable'],
  })
  @Public()
  @OwnOriginOnly()
  @Post('options')
  @HttpCode(200)
  begin(
    @Body({ schema: optionsBody }) { transport }: z.output<typeof optionsBody>,
    @On() exchange: Exchange,
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return this.nonce.around(exchange, transport, (nonce) => this.options.toSignIn(nonce));
  }

  @Documented({
    under: 'Signing in',
    does: 'Signs in by passkey',
    note: 'Possession and PIN or body together: both factors at once.',
    answers: { 200: { says: 'Signed in.', body: issuedAnswer, cookies: signInCookies } },
    refuses: ['invalid_credentials', 'email_unverified', 'too_many_attempts', 'unavailable'],
  })
  @Public()
  @StartsSession()
  @Post()
  @HttpCode(200)
  async login(
    @Body({ schema: loginBody }) body: z.output<typeof loginBody>,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    const { credential, remember: persistent, transport, deviceToken } = body;
    const wish = { transport, persistent, deviceToken };
    this.signIn.assertBound(wish, exchange); // before the answer is used up
    const prove = await this.passkeyProof.by(credential, this.nonce.of(exchange, transport), exchange.caller);
    return this.signIn.complete(prove, wish, exchange);
  }
}

import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { PasswordProof } from '../credentials/password-proof.js';
import { transports } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import { type Caller, From } from '../http/caller.js';
import { Cookies } from '../http/cookies.js';
import { CostsHash } from '../http/costs-hash.js';
import { Public } from '../http/public.decorator.js';
import type { SessionRef } from '../sessions/session-end.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { emailAddress } from '../users/email.js';
import { SignIn } from './sign-in.js';
import { TokenAnswer } from './token-answer.js';

const loginBody = z.strictObject({
  email: emailAddress,
  password: z.string(),
  remember: z.boolean().default(false),
  transport: z.enum(transports).default('cookie'),
});

/** The user may change under a sign-in; the proof is then made anew. */
const PROOFS = 3;

@Controller('auth')
export class LoginController {
  constructor(
    private readonly passwordProof: PasswordProof,
    private readonly signIn: SignIn,
    private readonly cookies: Cookies,
    private readonly accessTokens: AccessTokens,
    private readonly answer: TokenAnswer,
  ) {}

  @Public()
  @CostsHash()
  @Post('login')
  @HttpCode(200)
  async login(
    @Body({ schema: loginBody }) body: z.output<typeof loginBody>,
    @From() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { transport, remember: persistent } = body;
    const wish = { transport, persistent, methods: ['pwd'], replaces: this.sessionOfCookie(request) };
    for (let proof = 0; proof < PROOFS; proof++) {
      const user = await this.passwordProof.prove(body.email, body.password, caller);
      const grant = await this.signIn.complete(user, wish, caller);
      if (grant) return this.answer.write(grant, reply);
    }
    throw new Refusal('unavailable', { cause: new Error('the user changed under every sign-in') });
  }

  /** The browser that signs in again forgets its old session: so do we. */
  private sessionOfCookie(request: FastifyRequest): SessionRef | undefined {
    const claims = this.accessTokens.verifyExpired(this.cookies.read(request, 'access') ?? '');
    return claims && { userId: claims.sub, sessionId: claims.sid };
  }
}

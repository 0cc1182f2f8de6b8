import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../../errors.js';
import { Documented, signInCookies } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { TakesKeyProof } from '../../http/key-proof.js';
import { Me, type Principal } from '../../http/principal.js';
import { NeedsRecentProof } from '../../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../../http/skip-verdict-cache.decorator.js';
import { assertConfirmed } from '../../revocation/confirmation.js';
import { SignIn } from '../../sign-in/sign-in.js';
import { type IssuedAnswer, issuedAnswer } from '../../sign-in/token-answer.js';
import { CallerSession } from './caller-session.js';
import { PasswordChange } from './password-change.js';

const passwordBody = z.strictObject({ currentPassword: z.string(), newPassword: z.string() });

@Controller('auth/password')
export class PasswordController {
  constructor(
    private readonly passwordChange: PasswordChange,
    private readonly callerSession: CallerSession,
    private readonly signIn: SignIn,
  ) {}

  /** Ends every session; the caller continues in a new session over the same transport. */
  @Documented({
    under: 'Account',
    does: 'Changes the password, and ends every other session',
    note:
      'The caller goes on in a new session over the same transport, bound to the same key unless a proof names another. ' +
      'Of an account with a second factor it also needs a recent proof with two factors.',
    answers: { 200: { says: 'Changed.', body: issuedAnswer, cookies: signInCookies } },
    refuses: [
      ...(['invalid_credentials', 'transport_mismatch', 'password_rejected', 'too_many_attempts'] as const),
      ...(['dpop_proof_required', 'overloaded', 'revocation_unconfirmed'] as const),
    ],
  })
  @TakesKeyProof()
  @SkipVerdictCache()
  @NeedsRecentProof({ onlyWithFactor: true })
  @Post()
  @HttpCode(200)
  async change(
    @Body({ schema: passwordBody }) { currentPassword, newPassword }: z.output<typeof passwordBody>,
    @Me() me: Principal,
    @On() exchange: Exchange,
  ): Promise<IssuedAnswer> {
    const wish = await this.callerSession.of(me, exchange.request);
    this.signIn.assertBound(wish, exchange); // before anything has changed
    const changed = await this.passwordChange.change(me, currentPassword, newPassword, exchange);
    assertConfirmed(changed.confirmation);
    return this.signIn.goOn({ user: changed.user, ...proofOf(me) }, wish, exchange).catch(sayThatItIsSaved);
  }
}

/** The password alone renews no proof by two factors: what the session was worth, and since when, goes on. */
const proofOf = ({ methods, authenticatedAt }: Principal) =>
  methods.includes('mfa') ? { methods, authenticatedAt } : { methods: ['pwd'] };

/** The password is new and the old session is over: "try again" would be a lie. @throws Refusal `revocation_unconfirmed` */
function sayThatItIsSaved(cause: unknown): never {
  if (cause instanceof Refusal && cause.status < 500) throw cause;
  throw new Refusal('revocation_unconfirmed', { cause });
}

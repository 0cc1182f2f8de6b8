// Binds the challenge of a sign-in to the browser that asked for it: a signed answer is of no use in another one.
import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { stringifySetCookie } from 'cookie';
import { Config } from '../../config/config.js';
import type { Transport } from '../../database/schema/vocabularies.js';
import { cookieValues } from '../../http/cookie-header.js';
import { cookieNames } from '../../http/cookies.js';
import type { Exchange } from '../../http/exchange.js';
import { CHALLENGE_SECONDS } from './challenge.js';

const BYTES = 16;
/** An app keeps no cookies: its challenges are bound to nothing, and start no session over cookies. */
const NONE = Buffer.alloc(0);

@Injectable()
export class BrowserNonce {
  private readonly cookieName: string;

  constructor(private readonly config: Config) {
    this.cookieName = cookieNames(config).passkey;
  }

  /** Sets the cookie once `make` has made the answer. The tabs of a browser share the nonce that it has. */
  async around<T>(exchange: Exchange, transport: Transport, make: (nonce: Buffer) => Promise<T>): Promise<T> {
    const nonce = this.of(exchange, transport) ?? randomBytes(BYTES);
    const answer = await make(nonce);
    if (nonce !== NONE) exchange.reply.header('set-cookie', this.line(nonce.toString('base64url')));
    return answer;
  }

  /** @returns undefined for a browser that has none */
  of({ request }: Pick<Exchange, 'request'>, transport: Transport): Buffer | undefined {
    if (transport === 'bearer') return NONE;
    const values = cookieValues(request.headers.cookie, this.cookieName).map((text) => Buffer.from(text, 'base64url'));
    return values.find(({ length }) => length === BYTES);
  }

  private line(value: string): string {
    return stringifySetCookie(this.cookieName, value, {
      httpOnly: true,
      sameSite: 'lax',
      secure: this.config.hasSecureCookies,
      path: '/',
      maxAge: CHALLENGE_SECONDS,
    });
  }
}

// The cookie of a browser's ticket to enrol a factor. Every sign-in sees it, and takes an old one away. No sibling can
// plant one, so that somebody would enrol their factor for another account (RFC 6265bis §4.1.3, `__Host-`).
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Exchange } from '../http/exchange.js';
import { TicketCookie } from './ticket-cookie.js';

@Injectable()
export class EnrolCookie extends TicketCookie {
  constructor(config: Config) {
    super(config, 'enrol', '/');
  }

  /** The next person to sign in on this browser must not enrol their factor for somebody else. */
  clearOld({ request, reply }: Exchange): void {
    if (this.valuesOf(request).length > 0) this.clear(reply);
  }
}

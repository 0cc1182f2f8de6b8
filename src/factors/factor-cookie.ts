// The cookie of a browser's ticket: it goes to the routes of the second factor only.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { TicketCookie } from './ticket-cookie.js';

@Injectable()
export class FactorCookie extends TicketCookie {
  constructor(config: Config) {
    super(config, 'factor', '/auth/factor');
  }
}

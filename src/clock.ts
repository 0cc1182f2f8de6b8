import { Injectable } from '@nestjs/common';

/** The only source of time in the process. Protocol time is the database's `protocol_now()`, see database/schema.ts. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

// The only source of time in the process. Protocol time is the database's `protocol_now()`, see database/schema.ts.
import { Injectable } from '@nestjs/common';

@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

// The process's only source of time. Protocol time is the database's `protocol_now()`, see database/schema/users-and-sessions.ts.
import { Injectable } from '@nestjs/common';

@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}

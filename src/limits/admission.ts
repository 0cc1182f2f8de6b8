// Refuses work that would be answered too late. Without it a crowd that comes at once, as after an outage, is served
// in its order while each client stops to wait and asks again: all that is done is then done for nobody, without end.
import { Injectable } from '@nestjs/common';
import { Refusal } from '../errors.js';

/** A client waits for ten seconds and then asks again (packages/client). */
const PATIENCE_MS = 2_000;
/** So many may always be under way: a few slow answers say little of the next ones. */
const ALWAYS = 64;
/** Until answers have been measured. */
const FIRST_GUESS_MS = 5;
/** How much one answer changes what is expected of the next. */
const WEIGHT = 1 / 32;
/** Far below the grace of a refresh: a client whose answer was lost must come again within it. */
const MAX_RETRY_AFTER_SECONDS = 10;

@Injectable()
export class Admission {
  /** How many were under way when this one came, itself included. */
  private readonly places = new Map<string, number>();
  private msEach = FIRST_GUESS_MS;
  private refusesSince: number | undefined;
  /** For the client it is as if the database were away: it must not be taken for a thief when it comes later. */
  onRefusal: () => void = () => undefined;

  /**
   * @param id of the request
   * @param now milliseconds of a clock that only goes forward
   * @throws Refusal `overloaded`; the longer this has lasted, the later the client is asked to return
   */
  enter(id: string, now = performance.now()): void {
    const wait = this.places.size * this.msEach;
    if (this.places.size >= ALWAYS && wait > PATIENCE_MS) throw this.refuse(now);
    if (wait < PATIENCE_MS / 2) this.refusesSince = undefined;
    this.places.set(id, this.places.size + 1);
  }

  /**
   * @param tookMs what an answered request took in all; undefined where it says nothing of the others,
   * as it was refused or its client has left
   */
  leave(id: string, tookMs?: number): void {
    const place = this.places.get(id);
    this.places.delete(id);
    if (place !== undefined && tookMs !== undefined) this.msEach += WEIGHT * (tookMs / place - this.msEach);
  }

  private refuse(now: number): Refusal {
    this.refusesSince ??= now;
    this.onRefusal();
    const seconds = Math.ceil((now - this.refusesSince) / 1_000);
    return new Refusal('overloaded', { retryAfter: Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_SECONDS) });
  }
}

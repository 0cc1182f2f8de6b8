// Refuses work that would be answered too late. Without it a crowd that comes at once, as after an outage, is served
// in its order while each client stops to wait and asks again: all that is done is then done for nobody, without end.
import { Injectable } from '@nestjs/common';
import { ServiceRate } from './service-rate.js';

/** A client waits for ten seconds and then asks again (packages/client). */
const PATIENCE_MS = 2_000;
/** So many may always be under way: they keep every processor busy, and a few slow answers say little of the next ones. */
const ALWAYS = 64;
/** After so long without a refusal the crowd has gone. */
const CALM_MS = 2_000;
/** Far below the grace of a refresh: a client whose answer was lost must come again within it. */
const MAX_RETRY_AFTER_SECONDS = 10;

@Injectable()
export class Admission {
  /** When each one that is under way was let in. */
  private readonly places = new Map<string, number>();
  private readonly rate = new ServiceRate();
  private refusesSince = 0;
  private lastRefusal = -Infinity;
  /** For the client it is as if the database were away: it must not be taken for a thief when it comes later. */
  onRefusal: () => void = () => undefined;

  /**
   * Says whether one more would be answered too late. It takes no place.
   * @param now milliseconds of a clock that only goes forward
   * @returns the seconds after which a refused client may ask again: the more, the longer this has lasted. Clients
   * spread them further (packages/client). undefined where there is a place
   */
  refuse(now = performance.now()): number | undefined {
    const most = (this.rate.perSecond * PATIENCE_MS) / 1_000;
    if (this.places.size < Math.max(ALWAYS, most)) return undefined;
    if (now - this.lastRefusal > CALM_MS) this.refusesSince = now;
    this.lastRefusal = now;
    this.rate.noteBusy(now);
    this.onRefusal();
    const seconds = Math.ceil((now - this.refusesSince) / 1_000);
    return Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_SECONDS);
  }

  /** @param id of the request */
  enter(id: string, now = performance.now()): void {
    this.places.set(id, now);
  }

  /** @param isAnswered whether its client has what it asked for: what was refused says nothing of the others */
  leave(id: string, isAnswered: boolean, now = performance.now()): void {
    const since = this.places.get(id);
    if (since === undefined) return;
    if (now - since > PATIENCE_MS && this.places.size >= ALWAYS) this.rate.noteBusy(now);
    if (isAnswered) this.rate.countAnswer(now);
    this.places.delete(id);
  }
}

// Circuit breakers, one for each Redis server: one node of a Cluster that hangs says nothing about
// the others.
import { CircuitState, circuitBreaker, type CircuitBreakerPolicy, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { LRUCache } from 'lru-cache';

/** After so many errors in a row a server is left alone for a while. */
const ERRORS_TO_OPEN = 5;
const OPEN_MS = 1_000;
/** Nodes come and go: a breaker that was not used for this long no longer counts as open. */
const FORGET_MS = 60_000;
const MAX_ENTRIES = 1_000;

export class Breakers {
  private readonly breakers = new LRUCache<string, CircuitBreakerPolicy>({
    max: MAX_ENTRIES,
    ttl: FORGET_MS,
    updateAgeOnGet: true,
  });

  /** @throws at once while the server is left alone; else what the command throws */
  execute<T>(server: string, command: () => Promise<T>): Promise<T> {
    return this.of(server).execute(command);
  }

  get isAnyOpen(): boolean {
    return [...this.breakers.values()].some(({ state }) => state !== CircuitState.Closed);
  }

  private of(server: string): CircuitBreakerPolicy {
    const known = this.breakers.get(server);
    if (known) return known;
    const breaker = circuitBreaker(handleAll, {
      halfOpenAfter: OPEN_MS,
      breaker: new ConsecutiveBreaker(ERRORS_TO_OPEN),
    });
    this.breakers.set(server, breaker);
    return breaker;
  }
}

// Lets the checks of one user share a read. A check uses only a read that began after it arrived:
// an earlier one may have missed a revocation that was answered in between.
import { setImmediate as turn } from 'node:timers/promises';

/** At most one read in flight and one queued for each key, however many ask. */
export class SharedReads<T> {
  private readonly flights = new Map<string, { readonly current: Promise<T>; next?: Promise<T> }>();

  /** @param read begins a read of the key; called after this call */
  read(key: string, read: () => Promise<T>): Promise<T> {
    const flight = this.flights.get(key);
    if (!flight) return this.begin(key, read);
    // A turn later, so that checks whose answers from Redis arrived in the same packet share it.
    flight.next ??= Promise.allSettled([flight.current])
      .then(() => turn())
      .then(() => this.begin(key, read));
    return flight.next;
  }

  private begin(key: string, read: () => Promise<T>): Promise<T> {
    const flight = { current: read() };
    this.flights.set(key, flight);
    const land = () => {
      // A queued read has put its own flight here, or will in a moment.
      if (this.flights.get(key) === flight && !('next' in flight)) this.flights.delete(key);
    };
    flight.current.then(land, land);
    return flight.current;
  }
}

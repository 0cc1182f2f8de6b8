// Whether the process is on its way out: a load balancer should send nothing more.
import { Injectable } from '@nestjs/common';

@Injectable()
export class Draining {
  private hasBegun = false;
  private readonly listeners: (() => void)[] = [];

  get isDraining(): boolean {
    return this.hasBegun;
  }

  /** @param listener ends what would hold up the stop; it must not throw */
  listen(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** From now on /health/ready answers 503, and no request is held any more; everything else goes on. */
  begin(): void {
    this.hasBegun = true;
    for (const listener of this.listeners) listener();
  }
}

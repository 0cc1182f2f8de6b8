// Whether the process is on its way out: a load balancer should send nothing more.
import { Injectable } from '@nestjs/common';

@Injectable()
export class Draining {
  private hasBegun = false;

  get isDraining(): boolean {
    return this.hasBegun;
  }

  /** From now on /health/ready answers 503; everything else goes on. */
  begin(): void {
    this.hasBegun = true;
  }
}

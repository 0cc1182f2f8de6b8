// Should a load balancer send us anything? Not while we are on our way out.
import { Injectable } from '@nestjs/common';

@Injectable()
export class Readiness {
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  /** From now on /health/ready is red; everything else goes on. */
  drain(): void {
    this.draining = true;
  }
}

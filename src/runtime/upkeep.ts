// Work that comes back for as long as the application runs.
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Periodic, type PeriodicOptions } from './periodic.js';

export abstract class Upkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  protected readonly rounds: Periodic;

  protected constructor(options: PeriodicOptions) {
    this.rounds = new Periodic(options, () => this.round());
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  protected abstract round(): Promise<void>;
}

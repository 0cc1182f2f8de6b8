import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { Draining } from '../runtime/draining.js';
import { Log } from './log.js';
import { Metrics } from './metrics.js';

/** What the process was given from outside: settings, a log, a clock. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
}

/** Global: every floor may ask for its settings, its log, the time, and where to count. */
@Module({})
export class ProcessModule {
  static with({ config, log, clock }: Surroundings): DynamicModule {
    const providers = [
      { provide: Config, useValue: config },
      { provide: Log, useValue: log },
      { provide: Clock, useValue: clock },
      Metrics,
      Draining,
    ];
    return { module: ProcessModule, global: true, providers, exports: providers };
  }
}

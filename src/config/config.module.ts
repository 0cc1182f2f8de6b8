import { type DynamicModule, Module } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Config } from './config.js';
import { Log } from './log.js';

/** What the process was given from outside: settings, a log, a clock. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
}

@Module({})
export class ConfigModule {
  static with({ config, log, clock }: Surroundings): DynamicModule {
    const providers = [
      { provide: Config, useValue: config },
      { provide: Log, useValue: log },
      { provide: Clock, useValue: clock },
    ];
    return { module: ConfigModule, global: true, providers, exports: [Config, Log, Clock] };
  }
}

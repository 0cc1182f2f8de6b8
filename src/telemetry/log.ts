// Writes the log with pino: JSON, one line for each event. No caller may pass it a header, a body
// or a token.
import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/config.js';

/** The process's log: pino, injectable by type. */
export abstract class Log {
  abstract readonly debug: Logger['debug'];
  abstract readonly info: Logger['info'];
  abstract readonly warn: Logger['warn'];
  abstract readonly error: Logger['error'];
  abstract readonly fatal: Logger['fatal'];

  /** @param fields what every line carries of the moment it is written in: ids of a trace */
  static to(config: Config, destination?: DestinationStream, fields?: () => object): Log {
    const options = {
      level: config.LOG_LEVEL,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      ...(fields ? { mixin: fields } : {}),
      formatters: { level: (label: string) => ({ level: label }) },
    };
    return destination ? pino(options, destination) : pino(options);
  }
}

/** Lets Nest's own start-up messages and warnings leave through pino too. */
export class NestLog implements LoggerService {
  constructor(private readonly sink: Log) {}
  log(message: unknown, context?: string): void {
    this.sink.debug({ event: 'nest', context }, String(message));
  }
  warn(message: unknown, context?: string): void {
    this.sink.warn({ event: 'nest', context }, String(message));
  }
  error(message: unknown, stack?: string, context?: string): void {
    this.sink.error({ event: 'nest', context, stack }, String(message));
  }
}

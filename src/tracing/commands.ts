// A span for each command that Redis is sent: its name alone.
import { SpanKind } from '@opentelemetry/api';
import type { Redis } from '../redis/redis.js';
import { fail, type Spans } from './spans.js';
import { wrap } from './wrap.js';

interface Command {
  readonly name: string;
  readonly promise: Promise<unknown>;
}
type Send = (command: Command, ...more: unknown[]) => unknown;

export function traceCommands(redis: Redis, spans: Spans): void {
  for (const client of redis.connections) {
    wrap(client as unknown as { sendCommand: Send }, 'sendCommand', (send) => (command, ...more) => {
      if (!spans.recording) return send(command, ...more);
      const name = command.name.toUpperCase();
      const attributes = { 'db.system.name': 'redis', 'db.operation.name': name };
      const span = spans.begin(name, { kind: SpanKind.CLIENT, attributes });
      command.promise.then(
        () => span.end(),
        (error: unknown) => {
          fail(span, error);
          span.end();
        },
      );
      return send(command, ...more);
    });
  }
}

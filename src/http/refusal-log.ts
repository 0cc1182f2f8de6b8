// Logs refusals. A flood of the same refusal becomes one line per second with a count.
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { reasonOf, withoutStatement } from '../runtime/reason.js';
import type { Refusal, RefusalCode } from '../errors.js';
import { Log } from '../telemetry/log.js';
import { callerOf } from './caller.js';

type Level = 'info' | 'warn' | 'error';

interface Summary {
  readonly event: 'request.refused';
  readonly route: string | null;
  readonly code: RefusalCode;
  readonly status: number;
}

/** These occur in floods, under load or during an outage: every retry of every client would add a line. */
const floods: Partial<Record<RefusalCode, Level>> = {
  overloaded: 'warn',
  too_many_attempts: 'info',
  unavailable: 'error',
};
const PERIOD_MS = 1_000;

@Injectable()
export class RefusalLog {
  /** Number of suppressed lines by code and route. */
  private readonly held = new Map<string, number>();

  constructor(private readonly log: Log) {}

  record(refusal: Refusal, request: FastifyRequest): void {
    const { code, status } = refusal;
    const route = request.routeOptions?.url ?? null;
    const level = floods[code];
    if (level && this.isHeld(level, { event: 'request.refused', route, code, status })) return;
    const entry = { event: 'request.refused', ...callerOf(request), method: request.method, route, code, status };
    if (status >= 500) this.log[level ?? 'error']({ ...entry, cause: describe(refusal.cause) });
    else this.log.info({ ...entry, reason: reasonOfRefusal(refusal) });
  }

  private isHeld(level: Level, summary: Summary): boolean {
    const key = `${summary.code} ${summary.route}`;
    const before = this.held.get(key);
    this.held.set(key, (before ?? -1) + 1);
    if (before === undefined) setTimeout(() => this.summarise(key, level, summary), PERIOD_MS).unref();
    return before !== undefined;
  }

  private summarise(key: string, level: Level, summary: Summary): void {
    const more = this.held.get(key) ?? 0;
    this.held.delete(key);
    if (more === 0) return;
    this.log[level]({ ...summary, more });
    this.held.set(key, 0);
    setTimeout(() => this.summarise(key, level, summary), PERIOD_MS).unref();
  }
}

/** Why a token was refused. Other refusals have no reason here: a JSON parser's message quotes the body. */
const reasonOfRefusal = ({ code, cause }: Refusal) =>
  code === 'unauthenticated' && cause instanceof Error ? reasonOf(cause) : undefined;

/** Shortens the message and the stack. */
function describe(thrown: unknown): unknown {
  const cause = withoutStatement(thrown);
  if (!(cause instanceof Error)) return cause === undefined ? undefined : typeof cause;
  const { code } = cause as { code?: unknown };
  const [message, stack] = [cause.message.slice(0, 1_000), cause.stack?.slice(0, 4_000)];
  return { name: cause.name, message, ...(typeof code === 'string' ? { code } : {}), stack };
}

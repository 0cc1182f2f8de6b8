// How does any error become an answer? One shape for all: RFC 9457 problem details with a stable code.
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Log } from '../telemetry/log.js';
import { isDatabaseUnavailable, withoutStatement } from '../database/database.js';
import { Refusal } from '../errors.js';
import { callerOf } from './caller.js';
import { Cookies } from './cookies.js';

@Catch()
export class RefusalFilter implements ExceptionFilter {
  constructor(
    private readonly cookies: Cookies,
    private readonly log: Log,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    // A client that goes away in the middle of its body is no fault of ours.
    const refusal = request.raw.readableAborted ? new Refusal('invalid_request') : toRefusal(error);
    this.record(refusal, request);
    if (reply.sent) return;

    if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter));
    const challenge = bearerChallenge(refusal, request);
    if (challenge) reply.header('www-authenticate', challenge);
    void reply.code(refusal.status).type('application/problem+json; charset=utf-8').send(this.body(refusal, request));
  }

  private body(refusal: Refusal, request: FastifyRequest) {
    const session = this.sessionVerdict(refusal, request);
    return {
      type: `urn:watchword:problem:${refusal.code}`,
      title: refusal.code.replaceAll('_', ' '),
      status: refusal.status,
      detail: refusal.message,
      code: refusal.code,
      requestId: request.id,
      ...(session ? { session } : {}),
      ...(refusal.retryAfter === undefined ? {} : { retryAfter: refusal.retryAfter }),
      ...(refusal.errors ? { errors: refusal.errors } : {}),
    };
  }

  private sessionVerdict({ sessionVerdict }: Refusal, request: FastifyRequest): 'keep' | 'ended' | undefined {
    if (sessionVerdict === 'none') return undefined;
    if (sessionVerdict !== 'ask') return sessionVerdict;
    return request.headers.authorization || this.cookies.carriesAny(request) ? 'keep' : undefined;
  }

  private record(refusal: Refusal, request: FastifyRequest): void {
    const entry = {
      event: 'request.refused',
      ...callerOf(request),
      method: request.method,
      route: request.routeOptions?.url ?? null,
      code: refusal.code,
      status: refusal.status,
    };
    if (refusal.status >= 500) this.log.error({ ...entry, cause: describe(refusal.cause) });
    else this.log.info({ ...entry, reason: reasonOf(refusal) });
  }
}

/** Why a token was turned away. Not for other refusals: a JSON parser's message quotes the body. */
const reasonOf = ({ code, cause }: Refusal) =>
  code === 'unauthenticated' && cause instanceof Error ? cause.message : undefined;

const byStatus: Readonly<Record<number, ConstructorParameters<typeof Refusal>[0]>> = {
  404: 'not_found',
  405: 'not_found',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (isDatabaseUnavailable(error)) return new Refusal('unavailable', { cause: error });
  const status =
    error instanceof HttpException ? error.getStatus() : ((error as { statusCode?: number } | null)?.statusCode ?? 500);
  const code = byStatus[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : 'internal_error');
  return new Refusal(code, { cause: error });
}

/** RFC 6750 §3: without credentials no error code; with bad ones, which and why. */
function bearerChallenge(refusal: Refusal, request: FastifyRequest): string | undefined {
  const realm = 'Bearer realm="watchword"';
  const usedBearer = request.headers.authorization !== undefined;
  if (refusal.status === 401) {
    return usedBearer ? `${realm}, error="invalid_token", error_description="${refusal.message}"` : realm;
  }
  if (!usedBearer) return undefined;
  return refusal.code === 'ambiguous_token' ? `${realm}, error="invalid_request"` : undefined;
}

/** The message and the stack, capped. */
function describe(thrown: unknown): unknown {
  const cause = withoutStatement(thrown);
  if (!(cause instanceof Error)) return cause === undefined ? undefined : typeof cause;
  const { code } = cause as { code?: unknown };
  const [message, stack] = [cause.message.slice(0, 1_000), cause.stack?.slice(0, 4_000)];
  return { name: cause.name, message, ...(typeof code === 'string' ? { code } : {}), stack };
}

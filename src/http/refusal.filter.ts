// Turns every error into an answer: RFC 9457 problem details with a stable code.
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionVerdict } from '../../packages/contract/src/problems.js';
import { isDatabaseUnavailable } from '../database/connections/unavailable.js';
import { Refusal } from '../errors.js';
import { Cookies } from './cookies.js';
import { PROOF_ALGORITHMS } from './key-proof.js';
import { isOAuthEndpoint } from './oauth-endpoint.decorator.js';
import { BASIC_CHALLENGE, oauthErrorOf } from './oauth-error.js';
import { problemOf } from './problem-body.js';
import { RefusalLog } from './refusal-log.js';

@Catch()
export class RefusalFilter implements ExceptionFilter {
  constructor(
    private readonly cookies: Cookies,
    private readonly refusalLog: RefusalLog,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    // A client that disconnects within its body causes no server error.
    const refusal = request.raw.readableAborted ? new Refusal('invalid_request') : toRefusal(error, request);
    this.refusalLog.record(refusal, request);
    if (reply.sent) return;

    if (refusal.retryAfter !== undefined) reply.header('retry-after', String(refusal.retryAfter));
    if (refusal.dpopNonce !== undefined) reply.header('dpop-nonce', refusal.dpopNonce);
    const isOAuth = isOAuthEndpoint(request);
    const challenge = isOAuth ? basicChallenge(refusal) : bearerChallenge(refusal, request);
    if (challenge) reply.header('www-authenticate', challenge);
    const type = isOAuth ? 'application/json' : 'application/problem+json';
    const problem = problemOf(refusal, request.id, this.sessionVerdict(refusal, request));
    const body = isOAuth ? { ...oauthErrorOf(refusal), ...problem } : problem;
    void reply.code(refusal.status).type(`${type}; charset=utf-8`).send(body);
  }

  private sessionVerdict({ sessionVerdict }: Refusal, request: FastifyRequest): SessionVerdict | undefined {
    if (sessionVerdict === 'none' || isOAuthEndpoint(request)) return undefined;
    if (sessionVerdict !== 'ask') return sessionVerdict;
    const hasSession = request.headers.authorization || this.cookies.carriesAny(request) || holdsRefreshToken(request);
    return hasSession ? 'keep' : undefined;
  }
}

/** Where the body has been read by then. */
const holdsRefreshToken = ({ body }: FastifyRequest): boolean =>
  typeof (body as { refreshToken?: unknown } | undefined | null)?.refreshToken === 'string';

const byStatus: Readonly<Record<number, ConstructorParameters<typeof Refusal>[0]>> = {
  404: 'not_found',
  405: 'not_found',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

function toRefusal(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  if (isDatabaseUnavailable(error)) return new Refusal('unavailable', { cause: error });
  const status =
    error instanceof HttpException ? error.getStatus() : ((error as { statusCode?: number } | null)?.statusCode ?? 500);
  const code = byStatus[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : 'internal_error');
  return new Refusal(code, { cause: error, ...(code === 'not_found' ? { detail: noSuchRoute(request) } : {}) });
}

/** The requested path without its query. A long or strange path is not repeated. */
function noSuchRoute({ method, url }: FastifyRequest): string {
  const [path = ''] = url.split('?', 1);
  return /^[\w./~%-]{1,100}$/.test(path) ? `No such route: ${method} ${path}` : 'No such route.';
}

const basicChallenge = ({ status }: Refusal) => (status === 401 ? BASIC_CHALLENGE : undefined);

/** RFC 6750 §3: no error code without credentials; with bad credentials, the code and the reason. */
function bearerChallenge(refusal: Refusal, request: FastifyRequest): string | undefined {
  if (dpopErrors.has(refusal.code)) return dpopChallenge(refusal);
  const realm = 'Bearer realm="watchword"';
  const usedBearer = request.headers.authorization !== undefined;
  if (refusal.code === 'reauthentication_required') {
    // RFC 9470 §3. The status is 403 and not its 401: clients answer a 401 with a refresh, which proves nothing.
    const acr = refusal.acrValues ? `, acr_values="${refusal.acrValues.join(' ')}"` : '';
    const because = `error="insufficient_user_authentication", error_description="${refusal.message}"`;
    return `${realm}, ${because}${acr}, max_age="${refusal.maxAge}"`;
  }
  if (refusal.status === 401) {
    return usedBearer ? `${realm}, error="invalid_token", error_description="${refusal.message}"` : realm;
  }
  if (!usedBearer) return undefined;
  if (refusal.code === 'user_token_required' || refusal.code === 'forbidden')
    return `${realm}, error="insufficient_scope", error_description="${refusal.message}"`;
  return refusal.code === 'ambiguous_token' ? `${realm}, error="invalid_request"` : undefined;
}

/** In the words of RFC 9449 §7.1 and §9: a client that others wrote makes a new proof with the nonce by itself. */
const dpopErrors = new Map<string, string>([
  ['dpop_proof_invalid', 'invalid_dpop_proof'],
  ['dpop_nonce_required', 'use_dpop_nonce'],
  ['dpop_scheme_mismatch', 'invalid_token'],
  ['dpop_access_proof_invalid', 'invalid_dpop_proof'],
]);

function dpopChallenge({ code, message }: Refusal): string {
  const error = `error="${dpopErrors.get(code)}", error_description="${message}"`;
  return `DPoP realm="watchword", ${error}, algs="${PROOF_ALGORITHMS.join(' ')}"`;
}

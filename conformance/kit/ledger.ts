// What the wire said: every credential that was handed out, who refreshed how often, and which successors a token got.
import { createHash } from 'node:crypto';
import type { Exchange, Moment } from '../../test/support/http-proxy.js';
import { familyOf, parseRefreshToken } from '../../src/tokens/refresh-token.js';

const REFRESH = /^\/auth\/refresh\b/;
const COOKIE = /(?:^|;\s*)(?:__Host-|__Secure-)?(access_token|refresh_token|auth_session)=([^;]+)/g;

type Seen = Pick<Exchange, 'method' | 'path' | 'headers' | 'body'>;

export class Ledger {
  /** Whatever must not reach anybody else. */
  readonly secrets = new Set<string>();
  /** The newest refresh token of a user that the service has answered with. */
  readonly newest = new Map<string, string>();
  /** When each refresh of a user arrived. */
  private readonly refreshes = new Map<string, number[]>();
  /** `family generation` → digests of the tokens that were handed out for it. */
  private readonly handedOut = new Map<string, Set<string>>();

  observe(moment: Moment, exchange: Exchange): void {
    if (moment === 'arrived' && exchange.method === 'POST' && REFRESH.test(exchange.path)) {
      const userId = this.userOf(exchange) ?? 'nobody';
      this.refreshes.set(userId, [...(this.refreshes.get(userId) ?? []), performance.now()]);
    }
    if (moment === 'answered') this.note(exchange);
  }

  refreshesOf(userId: string): number {
    return this.refreshesSince(userId, 0);
  }

  refreshesSince(userId: string, since: number): number {
    return (this.refreshes.get(userId) ?? []).filter((at) => at > since).length;
  }

  /** @returns the families, of this user, in which one token got two different successors */
  doubleSuccessorsOf(userId: string): number {
    const families = [...this.handedOut].filter(([name, tokens]) => name.startsWith(userId) && tokens.size > 1);
    return new Set(families.map(([name]) => name.split(' ')[1])).size;
  }

  /** @returns whose credentials the request carries */
  userOf({ path, headers, body }: Seen): string | undefined {
    const cookies = cookiesIn(headers.cookie ?? '');
    const isRefresh = REFRESH.test(path);
    const refresh = isRefresh ? (memberOf(body, 'refreshToken') ?? cookies.get('refresh_token')) : undefined;
    if (refresh !== undefined) return parseRefreshToken(refresh)?.userId;
    return subjectOf(headers.authorization?.replace(/^Bearer /i, '') ?? cookies.get('access_token') ?? '');
  }

  private note({ answer }: Exchange): void {
    if (!answer || answer.status >= 300) return;
    const lines = answer.headers['set-cookie'] ?? [];
    const cookies = cookiesIn(lines.map((line) => line.split(';', 1)[0]).join('; '));
    const refresh = memberOf(answer.body, 'refreshToken') ?? cookies.get('refresh_token');
    for (const secret of [refresh, memberOf(answer.body, 'accessToken'), ...cookies.values()])
      if (secret !== undefined && secret !== '') this.secrets.add(secret);
    const token = refresh === undefined ? undefined : parseRefreshToken(refresh);
    if (!token || refresh === undefined) return;
    this.newest.set(token.userId, refresh);
    const name = `${token.userId} ${familyOf(token)} ${token.generation}`;
    const tokens = this.handedOut.get(name) ?? new Set();
    this.handedOut.set(name, tokens.add(createHash('sha256').update(refresh).digest('hex')));
  }
}

const cookiesIn = (header: string) =>
  new Map([...header.matchAll(COOKIE)].map(([, name = '', value = '']) => [name, value] as const));

function memberOf(body: Buffer, name: string): string | undefined {
  try {
    const value = (JSON.parse(body.toString()) as Record<string, unknown>)[name];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Without a look at the signature: the kit only wants to know whose request it is. */
function subjectOf(jwt: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { sub?: string };
    return claims.sub;
  } catch {
    return undefined;
  }
}

// HTTP clients of the tests: a mobile client, a browser with a cookie jar, a careless caller.
import { randomBytes, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { parseSetCookie } from 'cookie';
import { fold, isCommon } from '../../src/credentials/password/common-passwords.js';
import { noteCall } from './leaks.js';
import { checkDocumented } from './documented.js';
import { noteAnswer, noteCode } from './met.js';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly cookies: string[];
  // The tests read members of the contract; a missing member fails the assertion.
  readonly json: Record<string, any>;
}

export interface Call {
  readonly body?: unknown;
  readonly rawBody?: string | Buffer;
  readonly headers?: Record<string, string | string[]>;
}

export async function call(base: string, method: string, path: string, given: Call = {}): Promise<Answer> {
  const answer = await send(base, method, path, given);
  noteCall(base, path, given, answer);
  noteCode(answer.json['code']);
  noteAnswer(checkDocumented(method, path, answer), answer);
  return answer;
}

/** Of a server that is not the service: what it answers is not in docs/openapi.json. */
export async function callOther(base: string, method: string, path: string, given: Call = {}): Promise<Answer> {
  const answer = await send(base, method, path, given);
  noteCall(base, path, given, answer);
  return answer;
}

function send(base: string, method: string, path: string, { body, rawBody, headers = {} }: Call): Promise<Answer> {
  const data = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
  const type =
    data === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) };
  return new Promise((done, fail) => {
    const outgoing = request(base + path, { method, headers: { ...type, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', fail);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const cookies = response.headers['set-cookie'] ?? [];
        done({ status: response.statusCode ?? 0, headers: response.headers, text, cookies, json: parse(text) });
      });
    });
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error('no answer within 20 s')));
    outgoing.on('error', fail);
    outgoing.end(data);
  });
}

function parse(text: string): Record<string, any> {
  try {
    return JSON.parse(text) as Record<string, any>;
  } catch {
    return {};
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export interface Person {
  readonly email: string;
  readonly password: string;
}

/** A new person: every test makes its own. */
export const somebody = (): Person => ({ email: `${randomUUID()}@example.com`, password: passphrase() });

/** One in 2.4 million is taken for a common one (common-passwords.ts), and a run of the tests makes many thousands. */
function passphrase(): string {
  const text = `a passphrase of ${randomBytes(8).toString('hex')}`;
  return isCommon(fold(text)) ? passphrase() : text;
}

export async function register(base: string, person = somebody()): Promise<Person> {
  const answer = await call(base, 'POST', '/auth/register', { body: person });
  if (answer.status !== 201) throw new Error(`register: ${answer.status} ${answer.text}`);
  return person;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly session: { id: string; expiresAt: string; persistent: boolean };
  readonly user: { id: string };
}

/** Signs in over the bearer transport; registers first unless a person is given. */
export async function mobile(base: string, person?: Person, extra: object = {}): Promise<Tokens & { person: Person }> {
  const who = person ?? (await register(base));
  const answer = await call(base, 'POST', '/auth/login', { body: { ...who, transport: 'bearer', ...extra } });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return { ...(answer.json as Tokens), person: who };
}

export const refresh = (base: string, refreshToken: string, headers = {}) =>
  call(base, 'POST', '/auth/refresh', { body: { refreshToken }, headers });

export const me = (base: string, accessToken: string) =>
  call(base, 'GET', '/auth/me', { headers: bearer(accessToken) });

export const decode = (jwt: string, part = 1) =>
  JSON.parse(Buffer.from(jwt.split('.')[part] ?? '', 'base64url').toString()) as Record<string, any>;

/** The caller of an access token, as the guard passes it on. */
export function principalOf(accessToken: string) {
  const { sub, sid, jti, tokenVersion } = decode(accessToken) as Record<'sub' | 'sid' | 'jti', string> & {
    tokenVersion: number;
  };
  return { userId: sub, sessionId: sid, tokenId: jti, tokenVersion };
}

/** Keeps cookies like a browser, and sends the headers of a browser on our own pages. */
export class Browser {
  readonly jar = new Map<string, { value: string; path: string; maxAge: number | undefined }>();

  constructor(
    readonly base: string,
    readonly origin = 'http://auth.test',
  ) {}

  async go(method: string, path: string, options: Call = {}): Promise<Answer> {
    const cookie = this.cookiesFor(path);
    const headers = {
      origin: this.origin,
      'sec-fetch-site': 'same-origin',
      ...(cookie ? { cookie } : {}),
      ...options.headers,
    };
    const answer = await call(this.base, method, path, { ...options, headers });
    this.absorb(answer);
    return answer;
  }

  absorb({ cookies }: Answer): void {
    for (const line of cookies) {
      const {
        name,
        value,
        path = '/',
        maxAge,
      } = parseSetCookie(line) as { name: string; value: string; path?: string; maxAge?: number };
      if (maxAge === 0) this.jar.delete(name);
      else this.jar.set(name, { value, path, maxAge });
    }
  }

  cookiesFor(path: string): string {
    return [...this.jar]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  cookie(end: 'access_token' | 'refresh_token' | 'auth_session') {
    return [...this.jar].find(([name]) => name.endsWith(end))?.[1];
  }

  static async signedIn(base: string, person?: Person, extra: object = {}): Promise<Browser> {
    const who = person ?? (await register(base));
    const browser = new Browser(base);
    const answer = await browser.go('POST', '/auth/login', { body: { ...who, ...extra } });
    if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
    return browser;
  }
}

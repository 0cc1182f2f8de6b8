// A small issuer that can also lie: metadata, key set, tokens and the feed, for tests of what a sibling must refuse.
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { AS_OF_HEADER, AS_OF_TYP, FEED_HASH, FEED_TYP } from '../../packages/contract/src/revocations.js';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];
/** Claims as a liar writes them: of any type. */
type Claims = Record<string, unknown>;
type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export const AUDIENCE = 'https://orders.example.com';
export const hashed = (text: string) =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
export const nowSeconds = () => Math.floor(Date.now() / 1_000);

const keyPairs = new Map<string, ReturnType<typeof generateKeyPair>>();
/** Keys are slow to make, so all tests of a file share those of one name. */
const keyPair = (kid: string) => {
  const known = keyPairs.get(kid) ?? generateKeyPair('RS256', { extractable: true });
  keyPairs.set(kid, known);
  return known;
};

export class SmallIssuer {
  url = '';
  /** As tokens and documents name it; a path may follow the URL. */
  path = '';
  /** How far its clock is ahead of the sibling's, in seconds. */
  aheadSeconds = 0;
  signingKid = 'first';
  readonly published = ['first', 'next'];
  set = { sids: [] as string[], jtis: [] as string[], subs: {} as Record<string, number>, kids: [] as string[] };
  /** The paths of all requests, in order. */
  readonly requests: string[] = [];
  /** Replaces the answer at a path. */
  readonly instead = new Map<string, Handler>();
  /** How many requests for the feed are held. */
  held = 0;
  private wake = new EventTarget();
  private readonly server = createServer((request, response) => void this.answer(request, response));

  get issuer(): string {
    return `${this.url}${this.path}`;
  }

  get feedUrl(): string {
    return `${this.url}/.well-known/revocations`;
  }

  now(): number {
    return nowSeconds() + this.aheadSeconds;
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>((done) => this.server.listen(port, '127.0.0.1', done));
    const address = this.server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    onTestFinished(() => this.stop());
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  async sign(payload: Claims, header: Record<string, unknown>, kid = this.signingKid): Promise<string> {
    const { privateKey } = await keyPair(kid);
    return this.signWith(privateKey, payload, { kid, ...header });
  }

  signWith(key: PrivateKey, payload: Claims, header: Record<string, unknown>): Promise<string> {
    return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', ...header }).sign(key);
  }

  claims(over: Claims = {}): Claims & { sid: string; sub: string; jti: string } {
    return {
      iss: this.issuer,
      aud: AUDIENCE,
      sub: randomUUID(),
      iat: this.now(),
      exp: this.now() + 900,
      jti: randomUUID(),
      sid: randomUUID(),
      client_id: 'watchword',
      email: 'ann@example.com',
      role: 'user',
      tokenVersion: 3,
      auth_time: this.now(),
      amr: ['pwd'],
      ...over,
    };
  }

  token(over: Claims = {}, header: Record<string, unknown> = {}, kid = this.signingKid): Promise<string> {
    return this.sign(this.claims(over), { typ: 'at+jwt', ...header }, kid);
  }

  etag(): string {
    return `"${hashed(JSON.stringify(this.set))}"`;
  }

  document(over: Claims = {}, header: Record<string, unknown> = {}, kid = this.signingKid): Promise<string> {
    const times = { iat: this.now(), exp: this.now() + 60, ttl: 2, hash: FEED_HASH, etag: this.etag() };
    const payload = { iss: this.issuer, sub: this.feedUrl, ...times, ...this.set, ...over };
    return this.sign(payload, { typ: FEED_TYP, ...header }, kid);
  }

  /** Adds to the set and answers those who wait. */
  revoke(change: Partial<SmallIssuer['set']>): void {
    const { sids, jtis, subs, kids } = this.set;
    this.set = {
      sids: [...sids, ...(change.sids ?? [])],
      jtis: [...jtis, ...(change.jtis ?? [])],
      subs: { ...subs, ...change.subs },
      kids: [...kids, ...(change.kids ?? [])],
    };
    this.wake.dispatchEvent(new Event('news'));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://issuer.test');
    this.requests.push(pathname);
    const instead = this.instead.get(pathname);
    if (instead) return void instead(request, response);
    const json = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (pathname === `/.well-known/oauth-authorization-server${this.path}`)
      json({ issuer: this.issuer, jwks_uri: `${this.url}/jwks`, revocations_uri: this.feedUrl });
    else if (pathname === '/jwks') json({ keys: await this.publicKeys() });
    else if (pathname === '/.well-known/revocations') await this.answerFeed(request, response);
    else response.writeHead(404).end();
  }

  private async publicKeys() {
    const jwk = async (kid: string) => ({
      ...(await exportJWK((await keyPair(kid)).publicKey)),
      kid,
      alg: 'RS256',
      use: 'sig',
    });
    return Promise.all(this.published.map(jwk));
  }

  /** Held as the real one does: until the set changes or the time is up. */
  async answerFeed(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const wait = Number(new URL(request.url ?? '/', 'http://issuer.test').searchParams.get('wait'));
    const isKnown = () => request.headers['if-none-match'] === this.etag();
    if (isKnown() && wait > 0) {
      this.held++;
      await new Promise<void>((done) => {
        const timer = setTimeout(done, wait * 1_000);
        response.once('close', done);
        this.wake.addEventListener('news', () => done(), { once: true });
        response.once('close', () => clearTimeout(timer));
      });
      this.held--;
      const instead = this.instead.get(new URL(this.feedUrl).pathname);
      if (instead) return void instead(request, response);
    }
    response.setHeader('etag', this.etag());
    if (isKnown()) {
      const asOf = { iss: this.issuer, sub: this.feedUrl, etag: this.etag(), iat: this.now() };
      response
        .setHeader(AS_OF_HEADER, await this.sign(asOf, { typ: AS_OF_TYP }))
        .writeHead(304)
        .end();
    } else response.setHeader('content-type', 'application/revocations+jwt').end(await this.document());
  }
}

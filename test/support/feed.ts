// A follower of the feed that shares no code with the service: asks, verifies, and judges tokens by what the document says.
import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { expect } from 'vitest';
import { type Answer, call, decode } from './client.js';

export const FEED = '/.well-known/revocations';

export interface FeedClaims {
  readonly iss: string;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly ttl: number;
  readonly hash: string;
  readonly etag: string;
  readonly sids: readonly string[];
  readonly jtis: readonly string[];
  readonly subs: Readonly<Record<string, number>>;
  readonly kids: readonly string[];
}

export const hashOf = (text: string) =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');

/** @param wait seconds that the answer may be held */
export const ask = (
  base: string,
  etag?: string,
  wait?: number,
  headers: Record<string, string> = {},
): Promise<Answer> =>
  call(base, 'GET', wait === undefined ? FEED : `${FEED}?wait=${wait}`, {
    headers: { ...(etag === undefined ? {} : { 'if-none-match': etag }), ...headers },
  });

async function verified<Claims>(base: string, token: string, typ: string): Promise<Claims> {
  const keys = (await call(base, 'GET', '/.well-known/jwks.json')).json as unknown as JSONWebKeySet;
  const rules = { algorithms: ['RS256'], typ, issuer: 'http://auth.test', subject: `http://auth.test${FEED}` };
  return (await jwtVerify(token, createLocalJWKSet(keys), { ...rules, clockTolerance: 1e9 })).payload as Claims;
}

export async function documentOf(base: string): Promise<FeedClaims> {
  const answer = await ask(base);
  expect([answer.status, answer.json['code']]).toEqual([200, undefined]);
  return verified<FeedClaims>(base, answer.text, 'revocations+jwt');
}

export const asOfOf = (base: string, { headers }: Answer) =>
  verified<{ iat: number; etag: string }>(base, headers['revocations-as-of'] as string, 'revocations-as-of+jwt');

/** As docs/protocols/feed.md says, and nothing else. */
export function isDeadBy(
  { sids, jtis, subs, kids }: Pick<FeedClaims, 'sids' | 'jtis' | 'subs' | 'kids'>,
  accessToken: string,
): boolean {
  const { sub, sid, jti, iat, tokenVersion } = decode(accessToken);
  const floor = subs[hashOf(sub)];
  return (
    kids.includes(decode(accessToken, 0)['kid']) ||
    (sid !== undefined && sids.includes(hashOf(sid))) ||
    jtis.includes(hashOf(jti)) ||
    (floor !== undefined && tokenVersion < floor) ||
    (sid !== undefined && iat < (subs['*'] ?? 0)) // people, not services
  );
}

export interface Held {
  readonly answer: Promise<IncomingMessage>;
  /** The client goes away. */
  leave(): void;
}

/** A request that is held, from an address of its own. */
export function follow(base: string, etag: string, { wait = 20, from = '127.0.0.1' } = {}): Held {
  const outgoing = request(`${base}${FEED}?wait=${wait}`, { headers: { 'if-none-match': etag }, localAddress: from });
  const answer = new Promise<IncomingMessage>((done, fail) => {
    outgoing.on('response', (response) => done(response.resume()));
    outgoing.on('error', fail);
  });
  answer.catch(() => undefined);
  outgoing.end();
  return { answer, leave: () => outgoing.destroy() };
}

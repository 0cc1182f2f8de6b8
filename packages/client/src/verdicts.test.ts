// What a refused request means.
import { describe, expect, it } from 'vitest';
import { read } from './answers.js';
import { asksForRefresh, isPassing, retryAfterOf } from './verdicts.js';

const problemOf = async (response: Response) => (await read(response)).problem;

const answer = (status: number, body: unknown = {}, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } });

describe('a refused request', () => {
  it.each([
    ['token_expired', 'keep', 'bearer', true],
    ['token_stale', 'keep', 'bearer', true],
    ['token_revoked', 'keep', 'bearer', true],
    ['token_revoked', 'ended', 'bearer', false],
    ['token_expired', 'ended', 'bearer', false],
    ['unauthenticated', undefined, 'cookie', true],
    ['unauthenticated', undefined, 'bearer', false],
    ['invalid_credentials', undefined, 'cookie', false],
    ['something_new', 'keep', 'cookie', false],
    [undefined, undefined, 'cookie', false],
  ])('with %s and the session %s over %s is worth a refresh: %s', (code, session, transport, isWorth) => {
    expect(
      asksForRefresh(
        { status: 401, ...(code ? { code } : {}), ...(session ? { session: session as 'keep' } : {}) },
        transport === 'bearer',
      ),
    ).toBe(isWorth);
  });

  it('is worth a refresh only if it is a 401', () => {
    for (const status of [400, 403, 409, 503])
      expect(asksForRefresh({ status, code: 'token_expired' }, true)).toBe(false);
  });

  it('says nothing about the session unless it is a problem of RFC 9457', async () => {
    const body = { code: 'token_revoked', session: 'ended' };
    const [status, nothing] = [401, { status: 401 }];
    expect(await problemOf(answer(401, { ...body, status: 200 }))).toEqual({ ...body, status });
    expect(await problemOf(answer(401, body, { 'content-type': 'application/json' }))).toEqual(nothing);
    expect(
      await problemOf(
        new Response('{"session":', { status: 401, headers: { 'content-type': 'application/problem+json' } }),
      ),
    ).toEqual(nothing);
    expect(await problemOf(answer(401, null))).toEqual(nothing);
    expect(await problemOf(answer(200, body))).toEqual({ status: 200 });
  });

  it('leaves its body to the caller', async () => {
    const response = answer(401, { code: 'token_expired' });
    await problemOf(response);
    expect(await response.json()).toEqual({ code: 'token_expired' });
  });

  it('may be decided later: whatever the server could not decide', () => {
    for (const status of [408, 429, 500, 502, 503, 504])
      expect([status, isPassing({ status })]).toEqual([status, true]);
    for (const status of [400, 401, 403, 404]) expect([status, isPassing({ status })]).toEqual([status, false]);
  });

  it('names the seconds to wait in the body or in the header', () => {
    expect(retryAfterOf(answer(429), { status: 429, retryAfter: 7 })).toBe(7_000);
    expect(retryAfterOf(answer(503, {}, { 'retry-after': '3' }), { status: 503 })).toBe(3_000);
    expect(retryAfterOf(answer(503, {}, { 'retry-after': 'Fri, 27 Nov 2026 12:00:00 GMT' }), { status: 503 })).toBe(0);
    expect(retryAfterOf(answer(503), { status: 503 })).toBe(0);
    expect(retryAfterOf(answer(503), { status: 503, retryAfter: 86_400 })).toBe(300_000);
  });
});

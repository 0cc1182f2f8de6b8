// The document at /openapi.json describes this service, and nothing but this service.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, bearer, call, mobile } from './support/client.js';
import { checkDocumented, document } from './support/documented.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
/** What Fastify really serves, as `POST /auth/login`. */
const served: string[] = [];

beforeAll(async () => {
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook(
      'onRoute',
      ({ method, url }) => void served.push(...[method].flat().map((each) => `${each} ${url}`)),
    );
  };
  subscribe('fastify.initialization', watch);
  service = await startService();
  unsubscribe('fastify.initialization', watch);
});
afterAll(() => service?.stop());

const documented = (of: Record<string, any>): string[] =>
  Object.entries(of['paths'] as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );

describe('the document', () => {
  it('has every route that the service serves, and no other', () => {
    const asOpenApi = (route: string) => route.replace(/:(\w+)/g, '{$1}').replace('/account/*', '/account/{page}');
    const routes = served.filter((route) => !/^(?:HEAD|OPTIONS) /.test(route)).map(asOpenApi);
    expect(routes.length).toBeGreaterThan(20);
    expect(documented(document).toSorted()).toEqual(routes.toSorted());
  });

  it('is served as it is kept in docs/, with the address and the cookies of the service', async () => {
    const { json, headers } = await call(service.url, 'GET', '/openapi.json');
    const asServed = JSON.stringify(document)
      .replaceAll('https://auth.example.com', json['servers'][0].url as string)
      .replaceAll(/__(?:Host|Secure)-(?=\w+)/g, '');
    expect(json).toEqual(JSON.parse(asServed));
    expect(headers['access-control-allow-origin']).toBe('*');
  });

  it('has the names of the cookies that the service sets', async () => {
    const secure = await startServiceForTest({ PUBLIC_URL: 'https://auth.example.com', COOKIE_DOMAIN: 'example.com' });
    const { json } = await call(secure.url, 'GET', '/openapi.json');
    const login = json['paths']['/auth/login'].post.responses['200'].headers['Set-Cookie'];
    expect(login['x-cookies']).toEqual([
      ...['__Secure-access_token', '__Secure-refresh_token', '__Host-auth_session', '__Secure-device', '__Host-enrol'],
    ]);
    expect(json['components'].securitySchemes.cookie.name).toBe('__Secure-access_token');
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(document['info'].version).toBe(version);
  });
});

describe('an answer that the document does not have fails the test that receives it:', () => {
  let me: Answer;
  beforeAll(async () => {
    const { accessToken } = await mobile(service.url);
    me = await call(service.url, 'GET', '/auth/me', { headers: bearer(accessToken) });
  });

  const check = (changed: Partial<Answer>) => () => checkDocumented('GET', '/auth/me', { ...me, ...changed });

  it('as it stands it is documented', () => {
    expect(check({})()).toBe('GET /auth/me 200');
  });

  it.each<[string, (answer: Answer) => Partial<Answer>, RegExp]>([
    ['another status', () => ({ status: 202 }), /202 .*is not documented/],
    ['another code', () => ({ status: 401, json: { code: 'email_taken' } }), /401 email_taken is not documented/],
    ['a further member', ({ json }) => ({ json: { ...json, shoe: 42 } }), /must NOT have additional properties/],
    [
      'a missing member',
      ({ json }) => ({ json: { ...json, email: undefined } }),
      /email must be string|required property 'email'/,
    ],
    ['another type', ({ json }) => ({ json: { ...json, emailVerified: 'no' } }), /emailVerified must be boolean/],
    ['another format', ({ json }) => ({ json: { ...json, authenticatedAt: 'now' } }), /must match format "date-time"/],
    ['another media type', ({ headers }) => ({ headers: { ...headers, 'content-type': 'text/html' } }), /the type is/],
    ['a further header', ({ headers }) => ({ headers: { ...headers, 'x-new': '1' } }), /x-new is not documented/],
    ['a missing header', ({ headers }) => ({ headers: { ...headers, 'x-request-id': undefined } }), /lacks the header/],
    ['a further cookie', () => ({ cookies: ['access_token=x; Path=/'] }), /cookie access_token is not documented/],
  ])('%s', (_, change, why) => {
    expect(check(change(me))).toThrow(why);
    expect(check(change(me))).toThrow(/@Documented\(\)/);
  });

  it('a route that does not exist', () => {
    expect(() => checkDocumented('GET', '/auth/new', me)).toThrow(/has no such route/);
  });
});

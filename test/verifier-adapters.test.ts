// Services that are protected by the adapters: what their callers receive.
import 'reflect-metadata';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Controller, Delete, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AccessTokenClaims } from '../packages/contract/src/claims.js';
import { protect as protectExpress } from '../packages/verifier/src/express.js';
import { claimsOf, protect as protectFastify } from '../packages/verifier/src/fastify.js';
import { createVerifier, type Protection, type Verifier } from '../packages/verifier/src/main.js';
import { Claims, OnStale, Public, Requires, Roles, Scopes, WatchwordModule } from '../packages/verifier/src/nest.js';
import { protect as protectNode } from '../packages/verifier/src/node.js';
import { listening } from './support/listening.js';
import { AUDIENCE, hashed, nowSeconds, SmallIssuer } from './support/small-issuer.js';
import { until } from './support/until.js';

const cookie = { allowedOrigins: ['https://app.example.com'] };

/** Each serves the subject of the caller at /, and at /admin to administrators who signed in by two factors within a minute. */
const frameworks: Record<string, (issuer: SmallIssuer) => Promise<string>> = {
  async node(issuer) {
    const verifier = verifierOf(issuer);
    const [anybody, admin] = [protectNode(verifier, { cookie }), protectNode(verifier, adminOnly)];
    const server = createServer((request, response) => {
      const caller = request.url === '/admin' ? admin : anybody;
      void caller(request, response).then((claims) => claims && response.end(claims.sub));
    });
    return listening(server);
  },
  async express(issuer) {
    const verifier = verifierOf(issuer);
    const [anybody, admin] = [protectExpress(verifier, { cookie }), protectExpress(verifier, adminOnly)];
    const server = createServer((request, response) =>
      (request.url === '/admin' ? admin : anybody)(request, response, () => response.end(claimsOf(request).sub)),
    );
    return listening(server);
  },
  async fastify(issuer) {
    const app = fastify();
    onTestFinished(() => app.close());
    const verifier = verifierOf(issuer);
    const show = (request: object) => claimsOf(request).sub;
    app.route({ method: ['GET', 'POST'], url: '/', onRequest: protectFastify(verifier, { cookie }), handler: show });
    app.get('/admin', { onRequest: protectFastify(verifier, adminOnly) }, show);
    return app.listen({ host: '127.0.0.1', port: 0 });
  },
  async nest(issuer) {
    @Controller()
    class Things {
      @Get()
      read(@Claims() claims: AccessTokenClaims) {
        return claims.sub;
      }

      @Post()
      write(@Claims() claims: AccessTokenClaims) {
        return claims.sub;
      }

      @Get('admin')
      @Roles('admin')
      @Requires({ acr: 'urn:watchword:2fa', maxAge: 60 })
      admin(@Claims() claims: AccessTokenClaims) {
        return claims.sub;
      }
    }
    return nestUrl([Things], issuer);
  },
};

const adminOnly: Protection = { roles: ['admin'], acr: 'urn:watchword:2fa', maxAge: 60 };

function verifierOf(issuer: SmallIssuer) {
  const verifier = createVerifier({ issuer: issuer.issuer, audience: AUDIENCE });
  onTestFinished(() => verifier.close());
  return verifier;
}

async function nestUrl(controllers: (new () => object)[], issuer: SmallIssuer, clock?: () => number): Promise<string> {
  const options = { issuer: issuer.issuer, audience: AUDIENCE, cookie, ...(clock ? { clock } : {}) };
  @Module({ imports: [WatchwordModule.forRoot(options)], controllers })
  class App {}
  const app = await NestFactory.create<NestFastifyApplication>(App, new FastifyAdapter(), { logger: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

async function answerOf(url: string, init: RequestInit = {}) {
  const response = await fetch(url, init);
  const text = await response.text();
  const isProblem = response.headers.get('content-type') === 'application/problem+json; charset=utf-8';
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    ...(isProblem ? (JSON.parse(text) as object) : { text }),
  };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe.each(Object.entries(frameworks))('a service on %s', (_, serve) => {
  it('serves the caller of a good token, and answers others as the issuer does', async () => {
    const issuer = await new SmallIssuer().listen();
    const url = await serve(issuer);
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    expect(await answerOf(url, bearer(token))).toMatchObject({ status: 200, text: claims.sub });

    expect(await answerOf(url)).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      type: 'urn:watchword:problem:unauthenticated',
      title: 'unauthenticated',
      detail: 'The request has no valid access token.',
      challenge: 'Bearer realm="watchword"',
    });
    const expired = await issuer.token({ exp: nowSeconds() - 60 });
    expect(await answerOf(url, bearer(expired))).toMatchObject({
      status: 401,
      code: 'token_expired',
      session: 'keep',
      challenge: expect.stringContaining('Bearer realm="watchword", error="invalid_token"'),
    });
    const forged = `${token.slice(0, -4)}AAAA`;
    expect(await answerOf(url, bearer(forged))).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(await answerOf(url, bearer(forged))).not.toHaveProperty('session');
  });

  it('refuses a role that is not enough, and asks for a new proof where the last one is too old or too weak', async () => {
    const issuer = await new SmallIssuer().listen();
    const url = `${await serve(issuer)}/admin`;
    const admin = { role: 'admin', acr: 'phr' };
    expect(await answerOf(url, bearer(await issuer.token(admin)))).toMatchObject({ status: 200 });
    expect(await answerOf(url, bearer(await issuer.token()))).toMatchObject({
      status: 403,
      code: 'forbidden',
      session: 'keep',
      challenge: expect.stringContaining('error="insufficient_scope"'),
    });
    const old = { ...admin, auth_time: nowSeconds() - 61 };
    const weak = { ...admin, acr: 'urn:watchword:1fa' };
    for (const claims of [old, weak, { ...admin, acr: undefined }]) {
      expect(await answerOf(url, bearer(await issuer.token(claims)))).toMatchObject({
        status: 403,
        code: 'reauthentication_required',
        challenge: expect.stringMatching(
          /error="insufficient_user_authentication".*acr_values="urn:watchword:2fa", max_age="60"/,
        ),
      });
    }
  });

  it('takes the shared cookie, and not from pages of other origins', async () => {
    const issuer = await new SmallIssuer().listen();
    const url = await serve(issuer);
    const claims = issuer.claims();
    const token = await issuer.sign(claims, { typ: 'at+jwt' });
    const headers = { cookie: `__Secure-access_token=${token}` };
    expect(await answerOf(url, { headers })).toMatchObject({ status: 200, text: claims.sub });
    const foreign = { ...headers, origin: 'https://evil.example.com', 'sec-fetch-site': 'same-site' };
    const post = { method: 'POST', headers: foreign };
    expect(await answerOf(url, post)).toMatchObject({ status: 403, code: 'csrf_rejected', session: 'keep' });
    const listed = { method: 'POST', headers: { ...foreign, origin: 'https://app.example.com' } };
    expect([200, 201]).toContain((await answerOf(url, listed)).status);
    const both = { headers: { ...headers, authorization: `Bearer ${token}` } };
    expect(await answerOf(url, both)).toMatchObject({ status: 400, code: 'ambiguous_token' });
  });

  it('ignores a planted cookie without a good token beside the real one, and refuses two that are good', async () => {
    const issuer = await new SmallIssuer().listen();
    const url = await serve(issuer);
    const claims = issuer.claims();
    const [old, real, other] = [
      await issuer.sign({ ...claims, iat: nowSeconds() - 9 }, { typ: 'at+jwt' }),
      await issuer.sign(claims, { typ: 'at+jwt' }),
      await issuer.token(),
    ];
    const cookies = (...tokens: string[]) => ({
      headers: { cookie: tokens.map((token) => `__Secure-access_token=${token}`).join('; ') },
    });
    expect(await answerOf(url, cookies('planted', old, real))).toMatchObject({ status: 200, text: claims.sub });
    expect(await answerOf(url, cookies(other, real))).toMatchObject({ status: 400, code: 'ambiguous_token' });
    expect(await answerOf(url, cookies('planted', 'again'))).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('answers 503 and keeps the session while the issuer cannot be found', async () => {
    const issuer = await new SmallIssuer().listen();
    for (const path of ['/.well-known/oauth-authorization-server', '/jwks'])
      issuer.instead.set(path, (__, response) => response.writeHead(500).end());
    const url = await serve(issuer);
    const answer = await answerOf(url, bearer(await issuer.token()));
    expect(answer).toMatchObject({ status: 503, code: 'unavailable', session: 'keep', retryAfter: 1 });
  });
});

describe('a service on express', () => {
  it.each([undefined, null, 'route', 'router', 0, false])('stays closed when a verifier throws %j', async (thrown) => {
    const verifier: Verifier = Object.create(verifierOf(await new SmallIssuer().listen()), {
      verify: { value: () => Promise.reject(thrown) },
    });
    const passed: unknown[] = [];
    const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET' });
    request.headers.authorization = 'Bearer x';
    await new Promise<void>((done) =>
      protectExpress(verifier)(request, new ServerResponse(request), (error) => {
        passed.push(error);
        done();
      }),
    );
    expect(passed).toEqual([expect.any(Error)]);
  });
});

describe('a service on nest', () => {
  it('closes every route but those that are @Public(), also one whose controller nobody thought of', async () => {
    const issuer = await new SmallIssuer().listen();
    @Controller('orders')
    class Orders {
      @Get()
      all() {
        return 'orders';
      }

      @Get('prices')
      @Public()
      prices() {
        return 'prices';
      }
    }
    const url = await nestUrl([Orders], issuer);
    expect(await answerOf(`${url}/orders`)).toMatchObject({ status: 401 });
    expect(await answerOf(`${url}/orders/prices`)).toMatchObject({ status: 200, text: 'prices' });
  });

  it('closes a handler that demands something, though its controller is @Public()', async () => {
    const issuer = await new SmallIssuer().listen();
    @Controller()
    @Public()
    class Things {
      @Get('open')
      open() {
        return 'open';
      }

      @Get('closed')
      @Roles('admin')
      closed() {
        return 'closed';
      }

      @Get('contradiction')
      @Public()
      @Requires({ maxAge: 60 })
      contradiction() {
        return 'contradiction';
      }
    }
    @Controller('admin')
    @Roles('admin')
    class Admin {
      @Get('login')
      @Public()
      login() {
        return 'login';
      }
    }
    const url = await nestUrl([Things, Admin], issuer);
    expect(await answerOf(`${url}/open`)).toMatchObject({ status: 200 });
    expect(await answerOf(`${url}/closed`)).toMatchObject({ status: 401 });
    expect(await answerOf(`${url}/closed`, bearer(await issuer.token()))).toMatchObject({ code: 'forbidden' });
    expect(await answerOf(`${url}/contradiction`)).toMatchObject({ status: 401 });
    expect(await answerOf(`${url}/admin/login`)).toMatchObject({ status: 200 });
  });

  it('adds up what a controller and its handler demand, and the handler overrides the same demand', async () => {
    const issuer = await new SmallIssuer().listen();
    @Controller()
    @Roles('admin')
    class Things {
      @Get('recent')
      @Requires({ maxAge: 60 })
      recent() {
        return 'recent';
      }

      @Get('all')
      @Roles('user', 'admin')
      all() {
        return 'all';
      }
    }
    const url = await nestUrl([Things], issuer);
    const user = bearer(await issuer.token());
    expect(await answerOf(`${url}/recent`, user)).toMatchObject({ code: 'forbidden' });
    expect(await answerOf(`${url}/all`, user)).toMatchObject({ status: 200 });
    const old = bearer(await issuer.token({ role: 'admin', auth_time: nowSeconds() - 99 }));
    expect(await answerOf(`${url}/recent`, old)).toMatchObject({ code: 'reauthentication_required' });
  });

  it('stops following the feed when the application closes', async () => {
    const issuer = await new SmallIssuer().listen();
    const options = { issuer: issuer.issuer, audience: AUDIENCE };
    @Module({ imports: [WatchwordModule.forRoot(options)] })
    class App {}
    const app = await NestFactory.createApplicationContext(App, { logger: false });
    await until('the feed is followed', () => issuer.held === 1);
    await app.close();
    await until('nobody follows', () => issuer.held === 0);
  });

  it('admits a service by its scopes', async () => {
    const issuer = await new SmallIssuer().listen();
    @Controller()
    class Things {
      @Delete()
      @Scopes('orders:delete')
      remove(@Claims() claims: AccessTokenClaims) {
        return claims.client_id;
      }
    }
    const url = await nestUrl([Things], issuer);
    const personal = ['sid', 'email', 'role', 'auth_time', 'amr'].map((name) => [name, undefined] as const);
    const service = { sub: 'billing', client_id: 'billing', ...Object.fromEntries(personal) };
    const tokenFor = (scope: string) => issuer.token({ ...service, scope });
    const remove = async (scope: string) => answerOf(url, { method: 'DELETE', ...bearer(await tokenFor(scope)) });
    expect(await remove('orders:read orders:delete')).toMatchObject({ status: 200, text: 'billing' });
    expect(await remove('orders:read')).toMatchObject({ status: 403, code: 'forbidden' });
  });

  it('lets a route choose what happens while the feed is stale', async () => {
    const issuer = await new SmallIssuer().listen();
    const ended = issuer.claims();
    issuer.set.sids = [hashed(ended.sid)];
    @Controller()
    class Things {
      @Get('strict')
      strict() {
        return 'strict';
      }

      @Get('lenient')
      @OnStale('accept')
      lenient() {
        return 'lenient';
      }
    }
    let ahead = 0;
    const url = await nestUrl([Things], issuer, () => Date.now() + ahead);
    const [token, dead] = [bearer(await issuer.token()), bearer(await issuer.sign(ended, { typ: 'at+jwt' }))];
    expect(await answerOf(`${url}/strict`, token)).toMatchObject({ status: 200 });
    issuer.instead.set('/.well-known/revocations', (_, response) => response.writeHead(503).end());
    issuer.revoke({});
    ahead = 60_000;
    expect(await answerOf(`${url}/strict`, token)).toMatchObject({ status: 503, code: 'unavailable', session: 'keep' });
    expect(await answerOf(`${url}/lenient`, token)).toMatchObject({ status: 200, text: 'lenient' });
    expect(await answerOf(`${url}/lenient`, dead)).toMatchObject({ code: 'token_revoked', session: 'ended' });
  });
});

// Every public route that can sign somebody in is guarded against other origins.
import { randomUUID } from 'node:crypto';
import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IS_PUBLIC } from '../src/http/public.decorator.js';
import { SignIn } from '../src/sign-in/sign-in.js';
import { Users } from '../src/users/users.js';
import { call, register } from './support/client.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** These cannot start a session; a page of another origin may call them, with no cookie of ours. */
const startNoSession = new Set([
  ...['/auth/refresh', '/oauth/introspect', '/oauth/revoke', '/oauth/token'],
  '/auth/upstream/:id/logout', // from a provider's server
]);

function publicPosts(): string[] {
  const controllers = [...service.app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ metatype }) => {
    if (!metatype) return [];
    const prototype = metatype.prototype as Record<string, object>;
    const handlers = Object.getOwnPropertyNames(prototype).map((name) => prototype[name] ?? {});
    return handlers
      .filter((handler) => Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST)
      .filter((handler) => Reflect.getMetadata(IS_PUBLIC, handler) ?? Reflect.getMetadata(IS_PUBLIC, metatype))
      .map(
        (handler) => `/${Reflect.getMetadata(PATH_METADATA, metatype)}/${Reflect.getMetadata(PATH_METADATA, handler)}`,
      )
      .map((path) => path.replace(/\/+/g, '/').replace(/\/$/, ''));
  });
}

it('every public POST route refuses pages of other origins, unless it is known to start no session', async () => {
  const routes = publicPosts();
  expect(routes).toEqual(expect.arrayContaining(['/auth/login', '/auth/register', '/auth/logout', '/auth/refresh']));
  for (const route of routes.filter((each) => !startNoSession.has(each))) {
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const answer = await call(service.url, 'POST', route, { body: {}, headers });
    expect([route, answer.json['code']]).toEqual([route, 'csrf_rejected']);
  }
});

it('no session starts on a route without the mark @StartsSession()', async () => {
  const person = await register(service.url);
  const user = await service.app.get(Users).findByEmail(person.email);
  if (!user) throw new Error('the person was not registered');
  const request = { routeOptions: { config: {} } } as unknown as FastifyRequest;
  const exchange = {
    caller: { ip: null, userAgent: null, requestId: randomUUID() },
    request,
    reply: {} as FastifyReply,
  };
  const prove = () => Promise.resolve({ user, methods: ['test'] });
  const wish = { transport: 'bearer', persistent: false } as const;
  await expect(service.app.get(SignIn).complete(prove, wish, exchange)).rejects.toThrow('@StartsSession()');
  expect(await service.query('SELECT 1 FROM refresh_tokens WHERE user_id = $1', [user.id])).toEqual([]);
});

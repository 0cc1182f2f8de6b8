// What can Nest on Fastify do at best? Answers of Watchword's sizes, and nothing done for them.
import 'reflect-metadata';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { Controller, Get, Header, HttpCode, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

const { JWKS, PORT, SIGNING_KEY_BITS } = process.env;

/** As GET /auth/me answers. */
const ME = {
  id: randomUUID(),
  email: 'user-0@example.com',
  role: 'user',
  emailVerified: false,
  sessionId: randomUUID(),
  authenticatedAt: new Date().toISOString(),
  methods: ['pwd'],
};

const KEY_SET = JWKS || JSON.stringify({ keys: [publicJwk(), publicJwk()] });
const ETAG = `"${createHash('sha256').update(KEY_SET).digest('base64url')}"`;

/** In the form in which Watchword publishes it. */
function publicJwk() {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: Number(SIGNING_KEY_BITS) });
  const { kty, n, e } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
  return { kty, n, e, kid, use: 'sig', alg: 'RS256' };
}

@Controller()
class NoopController {
  @Get('noop')
  noop(): object {
    return { ...ME };
  }

  @Get('jwks')
  @Header('content-type', 'application/json; charset=utf-8')
  jwks(): string {
    return KEY_SET;
  }

  @Get('not-modified')
  @HttpCode(304)
  @Header('etag', ETAG)
  notModified(): void {
    // There is nothing to say.
  }
}

@Module({ controllers: [NoopController] })
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: false,
  abortOnError: false,
});
await app.listen(Number(PORT), '127.0.0.1');

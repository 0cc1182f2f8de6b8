// What can Nest on Fastify do at best? Answers of Watchword's sizes, and nothing done for them.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

const { PORT } = process.env;

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

@Controller()
class NoopController {
  @Get('noop')
  noop(): object {
    return { ...ME };
  }
}

@Module({ controllers: [NoopController] })
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), {
  logger: false,
  abortOnError: false,
});
await app.listen(Number(PORT), '127.0.0.1');

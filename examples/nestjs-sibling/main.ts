// A service in NestJS. GET /orders is for everybody who is signed in, DELETE /orders for administrators.
import 'reflect-metadata';
import { Controller, Delete, Get, HttpCode, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AccessTokenClaims } from '@watchword/verifier';
import { Claims, Public, Roles, WatchwordModule } from '@watchword/verifier/nest';

const { ISSUER = 'http://localhost:3000', AUDIENCE = ISSUER, PORT = '3001' } = process.env;

@Controller()
class Orders {
  @Get()
  @Public()
  open() {
    return 'open to everybody\n';
  }

  @Get('orders')
  mine(@Claims() claims: AccessTokenClaims) {
    return { of: claims.sub };
  }

  @Delete('orders')
  @Roles('admin')
  @HttpCode(204)
  remove() {}
}

// Every route is protected but those with @Public().
@Module({
  imports: [WatchwordModule.forRoot({ issuer: ISSUER, audience: AUDIENCE })],
  controllers: [Orders],
})
class App {}

const app = await NestFactory.create(App, new FastifyAdapter());
app.enableShutdownHooks();
await app.listen(Number(PORT), '127.0.0.1');

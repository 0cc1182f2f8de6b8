// How is the tutorial stack put together and started?
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { TypeOrmModule } from '@nestjs/typeorm';
import cookieParser from 'cookie-parser';
import { Redis } from 'ioredis';
import pg from 'pg';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { RefreshToken, SCHEMA, User } from './entities.js';
import { JwtStrategy, REDIS } from './jwt.strategy.js';
import { PRIVATE_PEM, PUBLIC_PEM } from './keys.js';

const { DATABASE_URL = '', REDIS_URL = '', PORT } = process.env;

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: DATABASE_URL,
      schema: SCHEMA,
      entities: [User, RefreshToken],
      synchronize: true, // makes the tables
      uuidExtension: 'pgcrypto', // gen_random_uuid(), which PostgreSQL has by itself
      installExtensions: false,
      poolSize: 10,
      retryAttempts: 0,
    }),
    TypeOrmModule.forFeature([User, RefreshToken]),
    PassportModule,
    JwtModule.register({
      privateKey: PRIVATE_PEM,
      publicKey: PUBLIC_PEM,
      signOptions: { algorithm: 'RS256', expiresIn: '15m' },
    }),
  ],
  controllers: [AuthController],
  providers: [AuthService, JwtStrategy, { provide: REDIS, useFactory: () => new Redis(REDIS_URL) }],
})
class AppModule {}

const owner = new pg.Client({ connectionString: DATABASE_URL });
await owner.connect();
await owner.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
await owner.end();

const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
app.use(cookieParser());
await app.listen(Number(PORT), '127.0.0.1');

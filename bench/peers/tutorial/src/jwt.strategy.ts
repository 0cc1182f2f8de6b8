// How does the tutorial stack judge an access token? Signature, denylist, user: each time.
import { Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { InjectRepository } from '@nestjs/typeorm';
import type { Request } from 'express';
import type { Redis } from 'ioredis';
import { ExtractJwt, Strategy } from 'passport-jwt';
import type { Repository } from 'typeorm';
import { User } from './entities.js';
import { PUBLIC_PEM } from './keys.js';

export const REDIS = Symbol('redis');

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @Inject(REDIS) private readonly redis: Redis,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromExtractors([
        ExtractJwt.fromAuthHeaderAsBearerToken(),
        (request: Request) => request.cookies?.access_token ?? null,
      ]),
      secretOrKey: PUBLIC_PEM,
      algorithms: ['RS256'],
      ignoreExpiration: false,
    });
  }

  async validate(claims: { sub: string; jti: string }): Promise<User> {
    if (await this.redis.get(`denylist:${claims.jti}`)) throw new UnauthorizedException();
    const user = await this.users.findOneBy({ id: claims.sub });
    if (!user) throw new UnauthorizedException();
    return user;
  }
}

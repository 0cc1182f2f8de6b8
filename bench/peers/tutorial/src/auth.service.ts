// How does the tutorial stack sign in, and turn a refresh token into the next pair?
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { ConflictException, Inject, Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import { hash, verify } from '@node-rs/argon2';
import { IsNull, type Repository } from 'typeorm';
import { RefreshToken, User } from './entities.js';

/** Watchword's parameters; argon2id is this library's default. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const REFRESH_TOKEN_MS = 30 * 24 * 60 * 60 * 1_000;

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

@Injectable()
export class AuthService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(RefreshToken) private readonly refreshTokens: Repository<RefreshToken>,
    @Inject(JwtService) private readonly jwt: JwtService,
  ) {}

  async register(email: string, password: string): Promise<void> {
    if (await this.users.findOneBy({ email })) throw new ConflictException();
    await this.users.insert({ email, passwordHash: await hash(password, ARGON2) });
  }

  async login(email: string, password: string): Promise<Tokens> {
    const user = await this.users.findOneBy({ email });
    if (!user || !(await verify(user.passwordHash, password))) throw new UnauthorizedException();
    return this.issue(user);
  }

  /** A token that was used before ends every session of its user. */
  async refresh(presented: string): Promise<Tokens> {
    const stored = await this.refreshTokens.findOneBy({ tokenHash: sha256(presented) });
    if (!stored || stored.expiresAt <= new Date()) throw new UnauthorizedException();
    const user = await this.users.findOneBy({ id: stored.userId });
    if (!user) throw new UnauthorizedException();
    const spent = await this.refreshTokens.update({ id: stored.id, revokedAt: IsNull() }, { revokedAt: new Date() });
    if (spent.affected !== 1) {
      await this.refreshTokens.update({ userId: user.id, revokedAt: IsNull() }, { revokedAt: new Date() });
      throw new UnauthorizedException('refresh token reused');
    }
    return this.issue(user);
  }

  private async issue(user: User): Promise<Tokens> {
    const refreshToken = randomBytes(32).toString('base64url');
    await this.refreshTokens.insert({
      tokenHash: sha256(refreshToken),
      userId: user.id,
      expiresAt: new Date(Date.now() + REFRESH_TOKEN_MS),
    });
    const claims = { sub: user.id, email: user.email, role: user.role, jti: randomUUID() };
    return { accessToken: await this.jwt.signAsync(claims), refreshToken };
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

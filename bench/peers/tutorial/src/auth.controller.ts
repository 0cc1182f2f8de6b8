// What can the tutorial stack be asked?
import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { Request, Response } from 'express';
import { AuthService } from './auth.service.js';
import type { User } from './entities.js';

interface Credentials {
  email: string;
  password: string;
}

@Controller('auth')
export class AuthController {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Post('register')
  async register(@Body() { email, password }: Credentials): Promise<object> {
    await this.auth.register(email, password);
    return { email };
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body() { email, password }: Credentials, @Res({ passthrough: true }) response: Response) {
    const tokens = await this.auth.login(email, password);
    response.cookie('access_token', tokens.accessToken, { httpOnly: true, sameSite: 'lax' });
    return tokens;
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@Body() { refreshToken }: { refreshToken: string }): Promise<object> {
    return this.auth.refresh(refreshToken);
  }

  @Get('me')
  @UseGuards(AuthGuard('jwt'))
  me(@Req() { user }: Request & { user: User }): object {
    return { id: user.id, email: user.email, role: user.role, createdAt: user.createdAt };
  }
}

import { Controller, Get } from '@nestjs/common';
import { Refusal } from '../errors.js';
import { Me, type Principal } from '../http/principal.js';
import { PublicUsers } from '../users/public-users.js';

@Controller('auth')
export class MeController {
  constructor(private readonly users: PublicUsers) {}

  @Get('me')
  async me(@Me() me: Principal): Promise<object> {
    const user = await this.users.of(me.userId, me.tokenVersion);
    if (!user) throw new Refusal('token_revoked');
    return {
      ...user,
      sessionId: me.sessionId,
      authenticatedAt: me.authenticatedAt.toISOString(),
      methods: me.methods,
    };
  }
}

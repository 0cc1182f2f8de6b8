import { Controller, Get } from '@nestjs/common';
import { Refusal } from '../errors.js';
import { Me, type Principal } from '../http/principal.js';
import { toPublicUser, Users } from '../users/users.js';

@Controller('auth')
export class MeController {
  constructor(private readonly users: Users) {}

  @Get('me')
  async me(@Me() me: Principal): Promise<object> {
    const user = await this.users.findById(me.userId);
    if (!user) throw new Refusal('token_revoked');
    return {
      ...toPublicUser(user),
      sessionId: me.sessionId,
      authenticatedAt: me.authenticatedAt.toISOString(),
      methods: me.methods,
    };
  }
}

import { Controller, Get } from '@nestjs/common';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { Me, type Principal } from '../http/principal.js';
import { PublicUsers } from '../users/public-users.js';
import { publicUser } from '../users/users.js';

const meAnswer = publicUser.extend({
  sessionId: z.uuid(),
  authenticatedAt: z.iso.datetime(),
  methods: z.array(z.string()).readonly().meta({ description: 'How they signed in (RFC 8176).' }),
  acr: z.string().meta({ description: 'How strong that was: `urn:watchword:1fa`, `urn:watchword:2fa` or `phr`.' }),
});

@Controller('auth')
export class MeController {
  constructor(private readonly users: PublicUsers) {}

  @Documented({
    under: 'Account',
    does: 'Says who the caller is',
    answers: { 200: { says: 'The user of the access token.', body: meAnswer } },
  })
  @Get('me')
  async me(@Me() me: Principal): Promise<z.output<typeof meAnswer>> {
    const user = await this.users.of(me.userId, me.tokenVersion);
    if (!user) throw new Refusal('token_revoked');
    return {
      ...user,
      sessionId: me.sessionId,
      authenticatedAt: me.authenticatedAt.toISOString(),
      methods: me.methods,
      acr: me.acr,
    };
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../../http/documented.decorator.js';
import { type Exchange, On } from '../../http/exchange.js';
import { Me, type Principal } from '../../http/principal.js';
import { NeedsRecentProof } from '../../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../../http/skip-verdict-cache.decorator.js';
import { assertConfirmed } from '../../revocation/confirmation.js';
import { PresentedToken } from '../../tokens/presented-token.js';
import { LinkStart, linkBody } from './link-start.js';
import { OwnIdentities } from './own-identities.js';

const id = z.uuid();
const ownIdentities = z.object({
  identities: z.array(
    z.object({
      id,
      provider: z
        .string()
        .nullable()
        .meta({ description: 'Null for one that is not in the file of providers any more.' }),
      label: z.string(),
      email: z.string().nullable().meta({ description: 'As the provider named it last. It opens nothing.' }),
      linkedAt: z.iso.datetime(),
      lastUsedAt: z.iso.datetime().nullable(),
    }),
  ),
  hasPassword: z.boolean().meta({ description: 'Without one a recent proof is a new sign-in, or a passkey.' }),
});

const linkAnswer = z.object({ location: z.string() });

@Controller('auth')
export class OwnIdentitiesController {
  constructor(
    private readonly identities: OwnIdentities,
    private readonly linkStart: LinkStart,
    private readonly presented: PresentedToken,
  ) {}

  @Documented({
    under: 'Account',
    does: 'Begins to connect the account of the caller with a provider',
    note: 'Go to `location` within ten minutes. Over `bearer` it is opened in the browser of the system; the app then exchanges its code with the access token of this session.',
    path: { id: z.string() },
    answers: { 200: { says: 'Where to go.', body: linkAnswer, cookies: ['upstream'] } },
    refuses: ['not_found', 'too_many_attempts', 'upstream_invalid', 'upstream_unavailable'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof()
  @Post('upstream/:id/link')
  @HttpCode(200)
  async begin(
    @Param('id') provider: string,
    @Body({ schema: linkBody }) body: z.output<typeof linkBody>,
    @Me() me: Principal,
    @On() exchange: Exchange,
  ): Promise<z.output<typeof linkAnswer>> {
    const transport = this.presented.of(exchange.request)?.transport ?? 'bearer';
    return { location: await this.linkStart.of(provider, body, { ...me, transport }, exchange) };
  }

  @Documented({
    under: 'Account',
    does: 'Lists the providers that the account of the caller is connected with',
    answers: { 200: { says: 'The oldest first.', body: ownIdentities } },
  })
  @Get('identities')
  async list(@Me() { userId }: Principal): Promise<z.output<typeof ownIdentities>> {
    const { identities, hasPassword } = await this.identities.of(userId);
    const shown = identities.map(({ linkedAt, lastUsedAt, ...rest }) => {
      return { ...rest, linkedAt: linkedAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
    });
    return { identities: shown, hasPassword };
  }

  @Documented({
    under: 'Account',
    does: 'Disconnects the account of the caller from a provider, and ends every other session',
    path: { id },
    answers: { 204: { says: 'Disconnected.' } },
    refuses: ['not_found', 'last_factor', 'revocation_unconfirmed'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof()
  @Delete('identities/:id')
  @HttpCode(204)
  async remove(@Param('id') identity: string, @Me() me: Principal, @On() exchange: Exchange): Promise<void> {
    assertConfirmed(await this.identities.remove(me, identity, exchange), 'keep');
  }
}

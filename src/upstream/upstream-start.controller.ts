import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { Public } from '../http/public.decorator.js';
import { Providers } from './providers/providers.js';
import { type StartQuery, startQuery, UpstreamStart } from './sign-in/upstream-start.js';

const id = z.string();
const providersAnswer = z.object({ providers: z.array(z.object({ id, label: z.string() })) });
const goQuery = z.object({ state: z.string().optional() });
const PAGES = 'With `ACCOUNT_PAGES=on` a refusal is a redirect to the page that explains it.';

@Public()
@Controller('auth/upstream')
export class UpstreamStartController {
  constructor(
    private readonly providers: Providers,
    private readonly start: UpstreamStart,
  ) {}

  @Documented({
    under: 'Signing in',
    does: 'Lists the providers that people may sign in at',
    answers: { 200: { says: 'In the order of the file.', body: providersAnswer } },
  })
  @Get()
  list(): z.output<typeof providersAnswer> {
    return { providers: this.providers.all.map(({ id: name, label }) => ({ id: name, label })) };
  }

  @Documented({
    under: 'Signing in',
    does: 'Sends the browser to a provider, to sign in',
    note: `A navigation, not a request of a script. ${PAGES}`,
    path: { id },
    answers: {
      303: { says: 'To the provider.', headers: { Location: 'The provider.' }, cookies: ['upstream'] },
    },
    refuses: ['not_found', 'too_many_attempts', 'upstream_invalid', 'upstream_unavailable', 'unavailable'],
  })
  @Get(':id')
  async begin(
    @Param('id') provider: string,
    @Query({ schema: startQuery }) query: StartQuery,
    @On() exchange: Exchange,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const location = await this.start.of(provider, query, exchange);
    void reply.code(303).header('location', location).send();
  }

  @Documented({
    under: 'Signing in',
    does: 'Sends the browser of an app to a provider, to connect it',
    note: `\`POST /auth/upstream/:id/link\` gives the address to an app over \`bearer\`. ${PAGES}`,
    path: { id },
    answers: {
      303: { says: 'To the provider.', headers: { Location: 'The provider.' }, cookies: ['upstream'] },
    },
    refuses: ['not_found', 'upstream_request_invalid', 'upstream_invalid', 'upstream_unavailable', 'unavailable'],
  })
  @Get(':id/go')
  async goOn(
    @Param('id') provider: string,
    @Query({ schema: goQuery }) { state }: z.output<typeof goQuery>,
    @On() exchange: Exchange,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const location = await this.start.goOn(provider, state, exchange);
    void reply.code(303).header('location', location).send();
  }
}

import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { version } from '../config/version.js';
import { Documented } from '../http/documented.decorator.js';
import { Public } from '../http/public.decorator.js';
import { vary } from '../http/vary.js';

const whereThingsAre = z.object({
  name: z.literal('Watchword'),
  version: z.string(),
  account: z.url().optional().describe('The account pages, unless they are off.'),
  openapi: z.url(),
  docs: z.url().optional().describe('Only with `API_DOCS=on`.'),
  metadata: z.url(),
  keys: z.url(),
});

type WhereThingsAre = z.infer<typeof whereThingsAre>;

@Public()
@Controller()
export class RootController {
  constructor(private readonly config: Config) {}

  @Documented({
    under: 'Account pages',
    does: 'Leads a browser to its account, and tells others where things are',
    note: 'A caller that prefers `text/html` is a browser. With `ACCOUNT_PAGES=off` everybody gets the JSON.',
    answers: {
      200: { says: 'Where things are.', body: whereThingsAre },
      302: { says: 'To the account pages.', headers: { Location: '`/account`' } },
    },
    reads: { Accept: 'Whether this is a browser.' },
  })
  @Get()
  root(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    vary(reply, 'Accept');
    const wanted = new Negotiator(request.raw).mediaType(['application/json', 'text/html']);
    if (wanted === 'text/html' && this.config.ACCOUNT_PAGES === 'on') void reply.redirect('/account', 302);
    else void reply.send(this.whereThingsAre());
  }

  private whereThingsAre(): WhereThingsAre {
    const { publicUrl, hasApiDocs, ACCOUNT_PAGES: pages } = this.config;
    return {
      name: 'Watchword',
      version,
      ...(pages === 'on' ? { account: `${publicUrl}/account` } : {}),
      openapi: `${publicUrl}/openapi.json`,
      ...(hasApiDocs ? { docs: `${publicUrl}/docs` } : {}),
      metadata: `${publicUrl}/.well-known/oauth-authorization-server`,
      keys: `${publicUrl}/.well-known/jwks.json`,
    };
  }
}

import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { tokenPurposes } from '../database/vocabularies.js';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { languageOf } from '../http/language.js';
import { Public } from '../http/public.decorator.js';
import { LinkPage } from './link-page.js';

@Public()
@Controller('link')
export class LinkPageController {
  constructor(
    private readonly page: LinkPage,
    private readonly config: Config,
  ) {}

  /**
   * Reads nothing and spends nothing: whatever opens a link, only a click posts its token. Link rewriters that encode
   * the fragment move the token into the path, which is why everything after the purpose is ignored.
   */
  @Documented({
    under: 'Mailed links',
    does: 'Shows the page that a link in a mail opens',
    note: 'The token is in the fragment, which no server receives; the page posts it on a click. Whatever follows the purpose in the path is ignored.',
    answers: {
      200: {
        says: 'The page.',
        type: 'text/html; charset=utf-8',
        body: z.string(),
        headers: { 'Content-Language': 'The language of the page.' },
      },
    },
    reads: { 'Accept-Language': 'The language of the page.' },
    refuses: ['not_found'],
    path: { purpose: z.enum(tokenPurposes) },
  })
  @Get('*')
  show(@Param('*') path: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const [purpose = ''] = path.split(/[^a-z]/, 1);
    const language = languageOf(request, this.config.DEFAULT_LANGUAGE);
    const page = this.page.of(purpose, language);
    if (page === undefined) throw new Refusal('not_found');
    reply.header('content-security-policy', this.page.contentSecurityPolicy).header('content-language', language);
    void reply.type('text/html; charset=utf-8').send(page);
  }
}

import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
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
  @Get('*')
  show(@Param('*') path: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const [purpose = ''] = path.split(/[^a-z]/, 1);
    const language = languageOf(request, this.config.MAIL_LANGUAGE);
    const page = this.page.of(purpose, language);
    if (page === undefined) throw new Refusal('not_found');
    reply.header('content-security-policy', this.page.contentSecurityPolicy).header('content-language', language);
    void reply.type('text/html; charset=utf-8').send(page);
  }
}

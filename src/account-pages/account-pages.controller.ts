import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import * as z from 'zod';
import { pageNameIn } from '../../packages/contract/src/account-pages.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { languageOf } from '../http/language.js';
import { Public } from '../http/public.decorator.js';
import { vary } from '../http/vary.js';
import { AccountDocument, contentSecurityPolicy } from './account-document.js';
import { PageFiles } from './page-files.js';
import { pageNames } from './page-names.js';

const asPage = { type: 'text/html; charset=utf-8', body: z.string() };
const text = z.string();
const asFile = {
  ...{ type: 'text/javascript; charset=utf-8', body: text },
  orAs: { 'text/css; charset=utf-8': text, 'image/svg+xml': text, 'image/png': text },
};
const reads = { 'Accept-Language': 'The language of the page.' };
const OFF = 'With `ACCOUNT_PAGES=off` there is no such route.';

@Public()
@Controller('account')
export class AccountPagesController {
  constructor(
    private readonly document: AccountDocument,
    private readonly files: PageFiles,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Account pages',
    does: 'Shows the page of the own account',
    note: OFF,
    answers: { 200: { says: 'The page.', ...asPage } },
    reads,
    refuses: ['not_found'],
  })
  @Get()
  own(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.send(request, reply);
  }

  @Documented({
    under: 'Account pages',
    does: 'Answers a file of the account pages',
    note: `Its name has a hash of its content, so that it may be kept for ever. ${OFF}`,
    answers: { 200: { says: 'The file.', ...asFile } },
    refuses: ['not_found'],
    path: { name: z.string() },
  })
  @Get('assets/:name')
  asset(@Param('name') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const file = this.config.ACCOUNT_PAGES === 'on' ? this.files.named(name) : undefined;
    if (file === undefined) throw new Refusal('not_found');
    vary(reply, 'Accept-Encoding');
    reply.type(file.type).header('cache-control', 'public, max-age=31536000, immutable');
    const accepted = new Negotiator(request.raw).encodings(['br', 'gzip']);
    const encoding = (['br', 'gzip'] as const).find((each) => accepted.includes(each) && file.encoded[each]);
    if (file.policy !== undefined) reply.header('content-security-policy', file.policy);
    if (encoding) reply.header('content-encoding', encoding);
    void reply.send((encoding && file.encoded[encoding]) ?? file.content);
  }

  /**
   * One document for every page: it reads nothing and spends nothing, whatever opens a link. A rewriter of links that
   * encodes the fragment moves a token into the path, which is why everything after the name is ignored.
   */
  @Documented({
    under: 'Account pages',
    does: 'Shows an account page: sign-in, register, forgot, and where the links in mails lead',
    note: `A mailed token is in the fragment, which no server receives. Whatever follows the name is ignored. ${OFF}`,
    answers: { 200: { says: 'The page.', ...asPage }, 404: { says: 'Or the page that says so.', ...asPage } },
    reads,
    refuses: ['not_found'],
    path: { page: z.string() },
  })
  @Get('*')
  page(@Param('*') path: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const name = pageNameIn(path);
    if (name === undefined || !pageNames.has(name)) reply.status(404);
    this.send(request, reply);
  }

  private send(request: FastifyRequest, reply: FastifyReply): void {
    if (this.config.ACCOUNT_PAGES === 'off') throw new Refusal('not_found');
    vary(reply, 'Accept-Language');
    const page = this.document.in(languageOf(request, this.config.DEFAULT_LANGUAGE));
    void reply.header('content-security-policy', contentSecurityPolicy).type(asPage.type).send(page);
  }
}

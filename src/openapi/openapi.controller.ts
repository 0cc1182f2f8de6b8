import { Controller, Get, Res } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { cookieNames } from '../http/cookies.js';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { OpenToAll } from '../http/open-to-all.js';
import { Public } from '../http/public.decorator.js';
import { contentSecurityPolicy, docsPage } from './docs-page.js';
import { documentOf } from './document.js';
import type { Json } from './json-schema.js';
import type { Controller as ControllerClass } from './routes.js';

const documentAnswer = z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) });

@Public()
@Controller()
export class OpenApiController {
  private document: Json | undefined;
  private page: string | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: Config,
  ) {}

  @Documented({
    under: 'Operations',
    does: 'Describes every route of this service (OpenAPI 3.1)',
    answers: { 200: { says: 'The document.', body: documentAnswer } },
  })
  @OpenToAll()
  @Get('openapi.json')
  openapi(): Json {
    this.document ??= documentOf(controllersOf(this.modules), {
      publicUrl: this.config.publicUrl,
      cookies: cookieNames(this.config),
    });
    return this.document;
  }

  @Documented({
    under: 'Operations',
    does: 'Shows this document as a page',
    note: 'Only with `API_DOCS=on`, which is the default outside of production.',
    answers: { 200: { says: 'The page.', type: 'text/html; charset=utf-8', body: z.string() } },
    refuses: ['not_found'],
  })
  @Get('docs')
  docs(@Res() reply: FastifyReply): void {
    if (!this.config.hasApiDocs) throw new Refusal('not_found');
    this.page ??= docsPage(this.openapi());
    reply.header('content-security-policy', contentSecurityPolicy);
    void reply.type('text/html; charset=utf-8').send(this.page);
  }
}

const controllersOf = (modules: ModulesContainer): ControllerClass[] =>
  [...modules.values()].flatMap(({ controllers }) =>
    [...controllers.values()].map(({ metatype }) => metatype as ControllerClass),
  );

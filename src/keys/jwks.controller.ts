// Publishes the public keys (RFC 7517).
import { createHash } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Refusal } from '../errors.js';
import { isKnown } from '../http/entity-tags.js';
import { OpenToAll } from '../http/open-to-all.js';
import { Public } from '../http/public.decorator.js';
import { KeyRing } from './key-ring.js';

interface Content {
  readonly body: string;
  readonly etag: string;
}

@Public()
@Controller('.well-known')
export class JwksController {
  private rendered: (Content & { readonly of: object }) | undefined;

  constructor(private readonly keyRing: KeyRing) {}

  @OpenToAll()
  @Get('jwks.json')
  jwks(@Headers('if-none-match') known: string | undefined, @Res() reply: FastifyReply): void {
    const content = this.current();
    if (!content) throw new Refusal('unavailable');
    const { body, etag } = content;
    reply.header('cache-control', 'public, max-age=3600, stale-if-error=3600').header('etag', etag);
    if (isKnown(known, etag)) void reply.code(304).send();
    else void reply.type('application/json; charset=utf-8').send(body);
  }

  /** The same object until the keys change; undefined while there are none. */
  private current(): Content | undefined {
    const keys = this.keyRing.jwks;
    if (keys.length === 0) return undefined;
    if (this.rendered?.of !== keys) {
      const body = JSON.stringify({ keys });
      this.rendered = { of: keys, body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
    }
    return this.rendered;
  }
}

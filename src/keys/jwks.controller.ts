// Publishes the public keys (RFC 7517).
import { createHash } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { isKnown } from '../http/entity-tags.js';
import { OpenToAll } from '../http/open-to-all.js';
import { Public } from '../http/public.decorator.js';
import { KeyRing } from './key-ring.js';

interface Content {
  readonly body: string;
  readonly etag: string;
}

const keySet = z.object({
  keys: z.array(
    z.object({
      ...{ kty: z.literal('RSA'), use: z.literal('sig'), alg: z.literal('RS256') },
      ...{ kid: z.string(), n: z.string(), e: z.string() },
    }),
  ),
});

@Public()
@Controller('.well-known')
export class JwksController {
  private rendered: (Content & { readonly of: object }) | undefined;

  constructor(private readonly keyRing: KeyRing) {}

  @Documented({
    under: 'Keys and discovery',
    does: 'Publishes the keys that verify access tokens (RFC 7517)',
    answers: {
      200: { says: 'The key set.', body: keySet, headers: { ETag: 'For `If-None-Match`.' } },
      304: { says: 'The key set that the caller has is the present one.', headers: { ETag: 'The same.' } },
    },
    reads: { 'If-None-Match': 'The `ETag` of the key set that the caller has.' },
    refuses: ['unavailable'],
  })
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

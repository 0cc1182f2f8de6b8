// Publishes the public keys, and the metadata that leads to them (RFC 7517, RFC 8414).
import { createHash } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
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

  constructor(
    private readonly keyRing: KeyRing,
    private readonly config: Config,
  ) {}

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

  @OpenToAll()
  @Get('oauth-authorization-server')
  authorizationServer(): object {
    return this.metadata();
  }

  @OpenToAll()
  @Get('openid-configuration')
  openidConfiguration(): object {
    return {
      ...this.metadata(),
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  /**
   * Only what exists. There is no authorization endpoint, which the registered response type `none`
   * comes closest to.
   */
  private metadata() {
    return {
      issuer: this.config.issuer,
      jwks_uri: `${this.config.publicUrl}/.well-known/jwks.json`,
      response_types_supported: ['none'],
      grant_types_supported: ['refresh_token'],
    };
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

/** RFC 9110 §13.1.2: entity tags are compared weakly. */
const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*') === true;

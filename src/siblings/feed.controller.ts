// Serves the revocation feed (docs/protocols/feed.md).
import type { Socket } from 'node:net';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Negotiator from 'negotiator';
import * as z from 'zod';
import { AS_OF_HEADER, FEED_MEDIA_TYPE } from '../../packages/contract/src/revocations.js';
import { Documented } from '../http/documented.decorator.js';
import { OpenToAll } from '../http/open-to-all.js';
import { Public } from '../http/public.decorator.js';
import { plainAddress } from '../http/trusted-proxies.js';
import { addressOf } from '../limits/network.js';
import { Draining } from '../runtime/draining.js';
import { type FeedAnswer, RevocationFeed } from './revocation-feed.js';

/** Below what proxies wait for an answer, 30 seconds and more. */
const MAX_WAIT_SECONDS = 20;
/** A client that does not read its answer for so long loses its connection. */
const READ_WITHIN_MS = 15_000;

const feedQuery = z.object({
  wait: z
    .string()
    .regex(/^\d{1,2}$/, 'must be a number of seconds')
    .transform(Number)
    .pipe(z.number().max(MAX_WAIT_SECONDS, `must be at most ${MAX_WAIT_SECONDS}`))
    .default(0)
    .meta({ description: 'How many seconds an answer without news may be held, at most 20.' }),
});

@Public()
@Controller('.well-known')
export class FeedController {
  /** Connections on which a request is held. Those that are pipelined behind it are not: a connection has one place. */
  private readonly holding = new WeakSet<Socket>();

  constructor(
    private readonly feed: RevocationFeed,
    private readonly draining: Draining,
  ) {}

  @Documented({
    under: 'Keys and discovery',
    does: 'Publishes what is revoked, signed: the feed that siblings follow',
    note: 'With `wait` and `If-None-Match` the answer is held until there is news. `docs/protocols/feed.md` has the format.',
    answers: {
      200: { says: 'The document.', type: FEED_MEDIA_TYPE, body: z.string(), headers: { ETag: 'Of the set.' } },
      304: {
        says: 'The set is still as the caller knows it.',
        headers: { ETag: 'The same.', [AS_OF_HEADER]: 'When that was read: signed.' },
      },
    },
    reads: { 'If-None-Match': 'The `ETag` of the document that the caller has.' },
    refuses: ['unavailable'],
  })
  @OpenToAll({ exposes: ['etag', AS_OF_HEADER] })
  @Get('revocations')
  async revocations(
    @Query({ schema: feedQuery }) { wait }: z.output<typeof feedQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const seconds = request.method === 'HEAD' || this.holding.has(request.raw.socket) ? 0 : wait;
    const answer = await this.answer(request, seconds);
    if (request.raw.socket.destroyed) return;
    endIfUnread(reply);
    reply.headers({ 'cache-control': 'no-cache', etag: answer.etag, vary: 'accept-encoding' });
    if (this.draining.isDraining) reply.header('connection', 'close'); // it had not begun when the request came
    if ('asOf' in answer) return void reply.code(304).header(AS_OF_HEADER, answer.asOf).send();
    const isGzipped = new Negotiator(request).encoding(['identity', 'gzip']) === 'gzip';
    if (isGzipped) reply.header('content-encoding', 'gzip');
    const { document } = answer;
    void reply.type(FEED_MEDIA_TYPE).send(isGzipped ? await document.compressed : document.body);
  }

  /** The connection and not the response tells that the client has gone: a pipelined response never learns of it. */
  private async answer({ raw, headers, ip }: FastifyRequest, seconds: number): Promise<FeedAnswer> {
    const { socket } = raw;
    const gone = new AbortController();
    const leave = () => gone.abort();
    if (seconds > 0) this.holding.add(socket.once('close', leave));
    try {
      const hold = { seconds, network: addressOf(plainAddress(ip)), gone: gone.signal };
      return await this.feed.answer({ ifNoneMatch: headers['if-none-match'], hold });
    } finally {
      if (seconds > 0) this.holding.delete(socket.off('close', leave));
    }
  }
}

function endIfUnread({ raw }: FastifyReply): void {
  const timer = setTimeout(() => raw.destroy(), READ_WITHIN_MS).unref();
  raw.once('close', () => clearTimeout(timer));
}

// Names a header of the request that the answer depends on, beside those that other code has named.
import type { FastifyReply } from 'fastify';

export function vary(reply: FastifyReply, name: string): void {
  const named = reply.getHeader('vary');
  reply.header('vary', named === undefined ? name : `${String(named)}, ${name}`);
}

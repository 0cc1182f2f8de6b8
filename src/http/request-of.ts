// Returns the request of a context. `switchToHttp()` makes three functions at each call, on every request.
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export const requestOf = (context: ExecutionContext): FastifyRequest => context.getArgByIndex<FastifyRequest>(0);

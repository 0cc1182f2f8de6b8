// Returns the request of a context. Nest's `switchToHttp()` makes three functions at each call.
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export const requestOf = (context: ExecutionContext): FastifyRequest => context.getArgByIndex<FastifyRequest>(0);

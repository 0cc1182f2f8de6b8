// The caller of a closed route, as the verified access token describes them.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Role } from '../database/schema/vocabularies.js';
import { requestOf } from './request-of.js';

export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly role: Role;
  readonly tokenVersion: number;
  readonly authenticatedAt: Date;
  readonly methods: readonly string[];
  /** How strong the proof was (tokens/acr.ts). */
  readonly acr: string;
}

export const Me = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  return (requestOf(context) as FastifyRequest & { user: Principal }).user;
});

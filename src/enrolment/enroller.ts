// Who enrols a factor: a signed-in user, or the holder of a ticket whose role may not sign in without one.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Ticket } from '../factors/factor-tickets.js';
import type { Principal } from '../http/principal.js';
import { hasMark, routeMark } from '../http/route-mark.js';
import { requestOf } from '../http/request-of.js';

export type Enroller =
  | {
      readonly userId: string;
      readonly session: Pick<Principal, 'userId' | 'sessionId' | 'methods'>;
      readonly ticket?: undefined;
    }
  | { readonly userId: string; readonly session?: undefined; readonly ticket: Ticket };

/** Fields of the bodies. */
export const enrolTicket = z.string().optional().meta({
  description: 'Of `enrolment_required`, instead of an access token; over cookies it is in a cookie.',
});
export const mailedToken = z.string().optional().meta({
  description: 'Of the link that a mail brought after a reset of the factors (`enrolment_token_required`).',
});

type Request = FastifyRequest & { user?: Principal };

const holders = new WeakMap<FastifyRequest, Ticket>();

/** A route that takes an enrol ticket instead of an access token (enrol-ticket.guard.ts). */
export const TakesEnrolTicket = () => routeMark({ takesEnrolTicket: true });
export const takesEnrolTicket = (request: FastifyRequest): boolean => hasMark(request, 'takesEnrolTicket');

export const letIn = (request: FastifyRequest, ticket: Ticket): void => void holders.set(request, ticket);
export const isLetIn = (request: FastifyRequest): boolean => holders.has(request);

export const Enrolling = createParamDecorator((_: unknown, context: ExecutionContext): Enroller => {
  const request = requestOf(context) as Request;
  const ticket = holders.get(request);
  if (ticket) return { userId: ticket.user.id, ticket };
  if (!request.user) throw new Error('This route must be marked @TakesEnrolTicket().');
  return { userId: request.user.userId, session: request.user };
});

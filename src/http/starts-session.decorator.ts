import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/**
 * A public route that can start a session. Pages of other origins may not call it, cookies or not: they must not sign
 * their visitor in (login CSRF). The door refuses to start a session on a route without this mark (sign-in/sign-in.ts).
 */
export const StartsSession = () => routeMark({ startsSession: true });

export const startsSession = (request: FastifyRequest): boolean => hasMark(request, 'startsSession');

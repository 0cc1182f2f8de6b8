import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/**
 * A public route that can start a session. Pages of other origins may not call it, even without cookies: they could
 * sign their visitor in as somebody else (login CSRF). sign-in/sign-in.ts starts no session on a route without it. The
 * session can be bound to a key (key-proof.ts).
 */
export const StartsSession = () => routeMark({ startsSession: true, takesKeyProof: true });

export const startsSession = (request: FastifyRequest): boolean => hasMark(request, 'startsSession');

// Routes that are refused before anything of a request is read, while too many password hashes wait.
import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/** Every request of this route needs a password hash. */
export const CostsHash = () => routeMark({ costsHash: true });

export const costsHash = (request: FastifyRequest): boolean => hasMark(request, 'costsHash');

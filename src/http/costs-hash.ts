// Marks routes that need a password hash: while too many hashes wait, they are refused before the body is read.
import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

export const CostsHash = () => routeMark({ costsHash: true });

export const costsHash = (request: FastifyRequest): boolean => hasMark(request, 'costsHash');

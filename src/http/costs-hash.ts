// What is refused before anything of it is read, while too many password hashes wait?
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** Every request of this route wants a password hash. */
export const CostsHash = () => RouteConfig({ costsHash: true });

export const costsHash = (request: FastifyRequest): boolean =>
  (request.routeOptions.config as { costsHash?: boolean }).costsHash === true;

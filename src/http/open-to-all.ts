// What may any page read, whatever its origin?
import { RouteConfig } from '@nestjs/platform-fastify';

/** Any origin, without credentials, instead of the listed ones (CORS). */
export const OpenToAll = () => RouteConfig({ cors: { origin: '*', credentials: false } });

import type { FastifyRequest } from 'fastify';
import { hasMark, routeMark } from './route-mark.js';

/**
 * A route that OAuth defines: it takes a form and no JSON (RFC 6749 §3.2), and refuses in OAuth's own words (§5.2, see
 * oauth-error.ts).
 */
export const OAuthEndpoint = () => routeMark({ oauthEndpoint: true });

export const isOAuthEndpoint = (request: FastifyRequest): boolean => hasMark(request, 'oauthEndpoint');

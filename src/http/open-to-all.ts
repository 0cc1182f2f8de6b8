// Marks routes that pages of any origin may read.
import { routeMark } from './route-mark.js';

/** Headers that pages may read of every answer, besides those that browsers always show. */
export const EXPOSED_HEADERS = ['retry-after', 'x-request-id', 'www-authenticate', 'dpop-nonce'];

/**
 * CORS allows every origin without credentials, instead of the listed origins.
 * @param exposes further headers that pages may read
 */
export const OpenToAll = ({ exposes = [] }: { exposes?: readonly string[] } = {}) =>
  routeMark({
    cors: { origin: '*', credentials: false, exposedHeaders: [...EXPOSED_HEADERS, ...exposes].join(', ') },
  });

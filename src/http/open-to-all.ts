// Marks routes that pages of any origin may read.
import { routeMark } from './route-mark.js';

/** CORS allows every origin without credentials, instead of the listed origins. */
export const OpenToAll = () => routeMark({ cors: { origin: '*', credentials: false } });

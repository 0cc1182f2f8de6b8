// Routes that any page may read, whatever its origin.
import { routeMark } from './route-mark.js';

/** Any origin, without credentials, instead of the listed origins (CORS). */
export const OpenToAll = () => routeMark({ cors: { origin: '*', credentials: false } });

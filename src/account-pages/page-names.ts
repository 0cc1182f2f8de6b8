// The names of the account pages: what stands behind /account/ in their addresses.
import { tokenPurposes } from '../database/schema/vocabularies.js';

const signedOut = ['sign-in', 'factor', 'register', 'check-mail', 'forgot'];
/** What follows `admin` in an address is read by the page alone. */
const signedIn = ['password', 'factors', 'connections', 'devices', 'activity', 'delete', 'admin'];

/** The empty name is the profile; each purpose of a mailed token has its page. */
export const pageNames: ReadonlySet<string> = new Set(['', ...signedOut, ...tokenPurposes, ...signedIn]);

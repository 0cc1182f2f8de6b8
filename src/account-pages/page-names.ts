// The names of the account pages: what stands behind /account/ in their addresses.
import { tokenPurposes } from '../database/vocabularies.js';

const signedOut = ['sign-in', 'factor', 'register', 'check-mail', 'forgot'];
const signedIn = ['password', 'factors', 'connections', 'devices', 'activity', 'delete'];

/** The empty name is the profile; each purpose of a mailed token has its page. */
export const pageNames: ReadonlySet<string> = new Set(['', ...signedOut, ...tokenPurposes, ...signedIn]);

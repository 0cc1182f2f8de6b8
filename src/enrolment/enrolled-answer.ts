// What completes an enrolment: recovery codes with the first factor, and for a sign-in that waited for it its tokens.
import * as z from 'zod';
import { bearerTokens, cookieTokens } from '../sign-in/token-answer.js';

const recoveryCodes = z
  .array(z.string())
  .readonly()
  .optional()
  .meta({ description: 'With the first factor. They are shown this once; each is good once.' });

/** Of a signed-in user. */
const enrolled = z.object({ recoveryCodes });
const signedInToo = [
  bearerTokens.extend({ recoveryCodes }).meta({ id: 'BearerTokensAndCodes' }),
  cookieTokens.extend({ recoveryCodes }).meta({ id: 'CookieTokensAndCodes' }),
] as const;

export const enrolledAnswer = z.union([...signedInToo, enrolled]);

const id = z.uuid().meta({ description: 'Of the passkey.' });

export const passkeyAnswer = z.union([
  bearerTokens.extend({ recoveryCodes, id }).meta({ id: 'BearerTokensAndPasskey' }),
  cookieTokens.extend({ recoveryCodes, id }).meta({ id: 'CookieTokensAndPasskey' }),
  enrolled.extend({ id }),
]);

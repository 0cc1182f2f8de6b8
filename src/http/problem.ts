// The body of every refusal: RFC 9457 problem details with a stable code.
import * as z from 'zod';
import type { ProblemDetails } from '../../packages/contract/src/problems.js';
import { refusalCodes } from '../errors.js';

const base = z.object({
  type: z.string().meta({ description: '`urn:watchword:problem:` and the code.' }),
  title: z.string().meta({ description: 'The code in words.' }),
  status: z.int().meta({ description: 'The status of the answer.' }),
  detail: z.string().meta({ description: 'What happened, for people. Decide by `code`.' }),
  code: z.enum(refusalCodes).meta({ description: 'Stable: decide by it.' }),
  requestId: z.uuid().meta({ description: 'Also in the header `X-Request-Id` and in the log.' }),
  session: z.enum(['keep', 'ended']).optional().meta({
    description:
      '`keep`: the session goes on; refresh, wait or mend the request. `ended`: sign in. Absent where the request has no session.',
  }),
  retryAfter: z.int().min(1).optional().meta({ description: 'Seconds to wait; also in the header `Retry-After`.' }),
  methods: z.array(z.string()).readonly().optional().meta({
    description: 'Of `second_factor_required`: which factors the user has.',
  }),
  expiresAt: z.iso.datetime().optional().meta({ description: 'Until when one of them may follow.' }),
  ticket: z.string().optional().meta({ description: 'To be sent with it; over cookies it is in a cookie.' }),
  max_age: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'How old the proof of identity may be, in seconds (RFC 9470).' }),
  acr_values: z
    .array(z.string())
    .optional()
    .meta({ description: 'The claims `acr` that are strong enough: prove who you are with two factors (RFC 9470).' }),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'Which fields were wrong, and why.' }),
}) satisfies z.ZodType<{
  [Member in keyof ProblemDetails]: ProblemDetails[Member] | undefined;
}>;

export const problem = base.meta({ id: 'Problem', description: 'A refusal (RFC 9457).' });

/** Of the routes that OAuth defines (oauth-error.ts). */
export const oauthProblem = base
  .extend({ error: z.string().meta({ description: "The code in OAuth's words." }), error_description: z.string() })
  .meta({ id: 'OAuthProblem', description: 'A refusal of a route that OAuth defines (RFC 6749 §5.2).' });

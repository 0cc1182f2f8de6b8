import { SetMetadata } from '@nestjs/common';
import type * as z from 'zod';
import type { RefusalCode } from '../errors.js';

export const DOCUMENTED = Symbol('documented');

/** What an answer is, for the document at /openapi.json. */
export interface Answered {
  readonly says: string;
  /** The schema of the body; none without one. */
  readonly body?: z.ZodType;
  /** `application/json` by default. */
  readonly type?: string;
  /** Other types that the caller may ask for. */
  readonly orAs?: Readonly<Record<string, z.ZodType>>;
  /** Cookies that the answer sets or clears. */
  readonly cookies?: readonly CookieOfAnswer[];
  /** Headers beside those of every answer: what each is for. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type CookieOfAnswer = 'access' | 'refresh' | 'session' | 'device' | 'factor' | 'enrol' | 'passkey' | 'upstream';

/** Of a session over cookies. */
export const sessionCookies: readonly CookieOfAnswer[] = ['access', 'refresh', 'session'];

/** Signing in also makes the device a known one, and takes the ticket of an abandoned enrolment away. */
export const signInCookies: readonly CookieOfAnswer[] = [...sessionCookies, 'device', 'enrol'];

type Credential = 'bearer' | 'cookie' | 'refreshCookie';

export interface Documentation {
  /** The heading that the route stands under. */
  readonly under: keyof typeof headings;
  /** One line: what the route does. */
  readonly does: string;
  /** What else a caller must know. */
  readonly note?: string;
  readonly answers: Readonly<Record<number, Answered>>;
  /** Refusals beside those that the route's other decorators imply (openapi/implied-refusals.ts). */
  readonly refuses?: readonly RefusalCode[];
  /** Cookies that a refusal may set or clear: the session is over all the same, they name none, or a factor is due. */
  readonly refusalCookies?: readonly CookieOfAnswer[];
  /** The parts of the path, in its order; a wildcard takes the name of its part. */
  readonly path?: Readonly<Record<string, z.ZodType>>;
  /** Headers of the request that change the answer: what each is for. */
  readonly reads?: Readonly<Record<string, string>>;
  /** Credentials that a public route takes, and works without. A closed one takes an access token. */
  readonly takes?: readonly Credential[];
}

export const headings = {
  'Signing in': 'Proofs of identity that start a session.',
  Sessions: 'Refreshing, listing and ending them.',
  Account: 'What signed-in users do with their own account.',
  'Second factors': 'Adding, naming and removing them.',
  Registration: 'Accounts, and the mails that anybody may ask for.',
  'Mailed links': 'What the links in mails do, on a click.',
  'Account pages': 'What people see in a browser, and where the links in mails lead.',
  'For services': 'Routes of OAuth for services with a secret.',
  'Keys and discovery': 'For services that verify access tokens.',
  Administration: 'What administrators see and do; with two factors, proved within 15 minutes.',
  Operations: 'For those who run the service.',
} as const;

/**
 * Every route has one: what its handler answers. Body, query and access are read from the route's other decorators, so that
 * they are not said twice.
 */
export const Documented = (documentation: Documentation) => SetMetadata(DOCUMENTED, documentation);

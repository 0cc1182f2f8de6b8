// Reads one line of an import: JSON, its fields, and what each of them may be.
import * as z from 'zod';
import { v7 as uuidv7 } from 'uuid';
import type { Role } from '../../database/schema/vocabularies.js';
import { type ForeignSession, hashOfForeignToken, MAX_FOREIGN_TOKEN } from '../../sessions/foreign-sessions.js';
import { emailAddress } from '../../users/email.js';
import type { ImportedUser } from '../../users/imported-users.js';
import type { LineCode } from './line-codes.js';

export interface RolesAllowed {
  /** The setting ROLES. */
  readonly known: readonly Role[];
  /** False: everybody becomes a `user`. */
  readonly isAllowed: boolean;
}

/** A line that can be imported, unless something of it is taken. */
export interface ReadLine {
  readonly user: ImportedUser;
  /** As it stands in the line. */
  readonly hash: string | null;
  readonly sessions: readonly ForeignSession[];
}

const MAX_SESSIONS = 100;
const MAX_TIME = 40;
/** The nil UUID, which is nobody in the audit trail, and the one of ones only. */
const nobody = /^([0-]+|[f-]+)$/;

/** PostgreSQL takes no offset beyond 16 hours, and microseconds at most: both are brought into its form. */
const time = z.iso
  .datetime({ offset: true })
  .max(MAX_TIME)
  .refine((text) => Date.parse(text) >= 0)
  .transform((text) => (text.endsWith('Z') ? text : new Date(text).toISOString()));

const session = z
  .strictObject({
    token: z.string().min(1).max(MAX_FOREIGN_TOKEN).nullish(),
    tokenHash: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .nullish(),
    expiresAt: time,
    authenticatedAt: time.nullish(),
  })
  .refine(({ token, tokenHash }) => (token == null) !== (tokenHash == null));

const line = z.strictObject({
  email: z.string(),
  passwordHash: z.string().nullish(),
  emailVerified: z.boolean().nullish(),
  disabled: z.boolean().nullish(),
  id: z
    .uuid()
    .transform((text) => text.toLowerCase())
    .refine((text) => !nobody.test(text))
    .nullish(),
  role: z.string().nullish(),
  createdAt: time.nullish(),
  sessions: z.array(session).max(MAX_SESSIONS).nullish(),
});

const invalid: Readonly<Record<string, LineCode>> = {
  email: 'email_invalid',
  id: 'id_invalid',
  sessions: 'session_invalid',
};

/** @returns undefined for an empty line */
export function readImportLine(bytes: Buffer, roles: RolesAllowed): ReadLine | LineCode | undefined {
  if (bytes.every(isSpace)) return undefined;
  const read = line.safeParse(jsonOf(bytes));
  if (!read.success) return codeOf(read.error.issues);
  const { passwordHash, emailVerified, disabled, createdAt, sessions } = read.data;
  const email = emailAddress.safeParse(read.data.email);
  if (!email.success) return 'email_invalid';
  const role = read.data.role ?? 'user';
  if (role !== 'user' && !roles.isAllowed) return 'role_not_allowed';
  if (!roles.known.includes(role)) return 'role_unknown';
  const id = read.data.id ?? uuidv7();
  const status = { isVerified: emailVerified ?? false, isDisabled: disabled ?? false };
  return {
    user: { id, email: email.data, passwordHash: null, role, ...status, createdAt: createdAt ?? null },
    hash: passwordHash ?? null,
    sessions: (sessions ?? []).map(({ token, tokenHash, expiresAt, authenticatedAt }) => ({
      userId: id,
      tokenHash: token == null ? standardBase64(tokenHash ?? '') : hashOfForeignToken(token).toString('base64'),
      expiresAt,
      authenticatedAt: authenticatedAt ?? null,
    })),
  };
}

const isSpace = (byte: number) => byte === 0x20 || byte === 0x09;

/** Two spellings of the last character are one hash. */
const standardBase64 = (base64url: string) => Buffer.from(base64url, 'base64url').toString('base64');

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @returns undefined, which is no line, for what is not JSON in UTF-8 */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

function codeOf(issues: readonly z.core.$ZodIssue[]): LineCode {
  const [first] = issues;
  const field = first?.path[0];
  if (field !== undefined) return invalid[String(field)] ?? 'field_invalid';
  return first?.code === 'unrecognized_keys' ? 'field_unknown' : 'line_malformed';
}

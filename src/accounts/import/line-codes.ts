// Why a line of an import is refused. docs/migrating/README.md explains each.
const lineCodes = [
  'line_too_long',
  'line_malformed',
  'field_unknown',
  'field_invalid',
  'email_invalid',
  'email_taken',
  'id_invalid',
  'id_taken',
  'role_not_allowed',
  'role_unknown',
  'hash_unknown',
  'hash_malformed',
  'hash_too_costly',
  'session_invalid',
  'session_taken',
] as const;

export type LineCode = (typeof lineCodes)[number];

export interface RefusedLine {
  readonly line: number;
  readonly code: LineCode;
}

// Tells the database errors that say nothing about the request: a 503 that keeps the session. All
// others are our own bugs.

/** Classes and codes of SQLSTATE (PostgreSQL, Appendix A; a pooler uses them as well). */
const unavailable: Readonly<Record<string, string>> = {
  '08': 'connection exception, and most of what PgBouncer refuses',
  '25006': 'read-only after a fail-over',
  '25P03': 'idle in a transaction for too long',
  '25P04': 'a transaction took too long',
  '26000': "a prepared statement is another connection's: a pooler in transaction mode",
  '28': 'the password was changed, or the role may no longer log in',
  '3D': 'the database is gone',
  '40': 'a lost race of locks or serializable transactions',
  '42501': 'a right was revoked',
  '42P05': 'as 26000',
  '53': 'out of connections, memory or disk',
  '55': 'closed to connections, or a lock that was not to be had in time',
  '57': 'cancelled by a time-out, shutting down, starting',
  '58': 'a fault of the system beneath',
  F0: 'a fault of its configuration',
  XX: 'a fault inside PostgreSQL, or corrupted data',
};

const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Codes of OpenSSL's verification and of Node's TLS. */
const tls = /CERT|^CRL_|^UNABLE_TO_|^ERR_(?:TLS|SSL)_|^HOSTNAME_MISMATCH$|^INVALID_(?:CA|PURPOSE)$|^EPROTO$/;

/** What pg itself reports has no code. */
const clientTrouble =
  /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered|SSL connection|^SASL/;

/** True when the database gave no verdict, on the error itself or on one that caused it. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code, syscall } = cause as { code?: unknown; syscall?: unknown };
    if (syscall === 'connect') return true; // whatever the reason: ENOENT where the server has taken its socket away
    if (typeof code === 'string' && (isUnavailable(code) || network.has(code) || tls.test(code))) return true;
    if (clientTrouble.test(cause.message)) return true;
  }
  return false;
}

const isUnavailable = (code: string) =>
  /^[0-9A-Z]{5}$/.test(code) && (code in unavailable || code.slice(0, 2) in unavailable);

// Says what to write into DATABASE_URL when PostgreSQL and we do not agree on TLS.

/** Node's names for a certificate that is not trusted, has expired or is for another host. */
const certificate = /^(SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|CERT_|ERR_TLS_CERT_)/;

/** @returns undefined where TLS is not the trouble */
export function tlsTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && certificate.test(code)) {
    return (
      `The certificate of the database of DATABASE_URL is not trusted: ${message}. ` +
      'Add sslmode=verify-full&sslrootcert=/path/to/ca.pem with the authority that signed it, and use the name in it.'
    );
  }
  if (!/server does not support SSL connections/.test(message)) return undefined;
  return 'The database of DATABASE_URL does not speak TLS: switch it on there, or write sslmode=disable.';
}

// Codes of authenticator apps (RFC 6238): SHA-1, 6 digits, 30 seconds, as every app knows them. Pure: no clock.
import { Secret, TOTP } from 'otpauth';

export const SEED_BYTES = 20;
const PERIOD = 30;
/** The clock of a phone may be a step behind or ahead (RFC 6238 §5.2). */
const WINDOW = 1;

/** @returns the step of a right code; undefined for a wrong one */
export function stepOf(code: string, seed: Buffer, now: Date): number | undefined {
  const timestamp = now.getTime();
  const delta = totpOf(seed).validate({ token: code, timestamp, window: WINDOW });
  return delta === null ? undefined : TOTP.counter({ period: PERIOD, timestamp }) + delta;
}

/** What an app reads from a QR code. */
export const uriOf = (seed: Buffer, { issuer, label }: { readonly issuer: string; readonly label: string }): string =>
  totpOf(seed, { issuer, label }).toString();

function totpOf(seed: Buffer, names: { readonly issuer?: string; readonly label?: string } = {}): TOTP {
  const secret = new Secret({ buffer: new Uint8Array(seed).buffer });
  return new TOTP({ ...names, secret, algorithm: 'SHA1', digits: 6, period: PERIOD });
}

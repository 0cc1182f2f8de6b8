// What a token answer says, with its times on this machine's clock.
import type { Problem } from './verdicts.js';

/** The person, as the last answer described them. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly role: string;
  readonly emailVerified: boolean;
}

export interface Session {
  readonly id: string;
  /** When the session ends unless it is refreshed, in the server's time. After `restore()` it may be missing. */
  readonly expiresAt?: string;
  readonly persistent?: boolean;
  /** How often it was refreshed. It only grows. */
  readonly generation?: number;
}

/** A session as this client holds it. The times are milliseconds since 1970 on this machine's clock. */
export interface Held {
  readonly user: User;
  readonly session: Session;
  /** When the access token ends; not known after `restore()` over cookies. */
  readonly expiresAt?: number;
  /** When to refresh. */
  readonly refreshAt: number;
  /** Over the bearer transport only. */
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** What every token answer has. */
export interface TokenAnswer {
  readonly user: User;
  readonly session: Session;
  readonly expiresIn: number;
  readonly refreshIn: number;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly deviceToken?: string;
}

/** An answer, read as far as it concerns the session. Its body stays readable. */
export interface Read {
  readonly response: Response;
  /** Holds only the status where the answer is no problem of ours (RFC 9457). */
  readonly problem: Problem;
  /** undefined where the body is no token answer, such as the page of a hotel's network. */
  readonly answer: TokenAnswer | undefined;
}

/** @param mayHoldTokens false for answers that are not the issuer's, whose bodies may be long */
export async function read(response: Response, mayHoldTokens = true): Promise<Read> {
  const { ok, status, headers } = response;
  const isRead = ok ? mayHoldTokens : /problem.json/.test(headers.get('content-type')!); // null is tested as a text
  const body: unknown =
    isRead &&
    (await response
      .clone()
      .json()
      .catch(() => 0));
  return {
    response,
    problem: { ...(!ok && (body as Problem)), status },
    answer: ok && (body as TokenAnswer | null)?.refreshIn ? (body as TokenAnswer) : undefined,
  };
}

/**
 * Times count from the arrival: the clocks of phones and laptops are wrong.
 * @param now the arrival, in milliseconds
 * @param before a token answer without a refresh token leaves the present one in force
 */
export function heldOf(answer: TokenAnswer, now: number, before?: Held | null): Held {
  const { session, expiresIn, refreshIn } = answer;
  const refreshToken = answer.refreshToken ?? (before?.session.id === session.id ? before.refreshToken : undefined);
  return { ...answer, refreshToken, expiresAt: now + expiresIn * 1000, refreshAt: now + refreshIn * 1000 };
}

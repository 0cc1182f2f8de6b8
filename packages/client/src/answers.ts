// What a token answer says, with its times on this machine's clock.

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
  /** When the access token ends. */
  readonly expiresAt: number;
  /** When to refresh. */
  readonly refreshAt: number;
  /** Over the bearer transport only. */
  readonly accessToken?: string;
  readonly refreshToken?: string;
}

/** What every token answer has; a body without it is not one. */
interface TokenAnswer {
  readonly user: User;
  readonly session: Session;
  readonly expiresIn: number;
  readonly refreshIn: number;
  readonly accessToken?: string;
  readonly refreshToken?: string;
  readonly deviceToken?: string;
}

/** @returns undefined where the body is no token answer, such as the page of a hotel's network */
export async function tokenAnswer(response: Response): Promise<TokenAnswer | undefined> {
  try {
    const body = (await response.clone().json()) as Partial<TokenAnswer>;
    const isWhole = body.user?.id && body.session?.id && body.expiresIn && body.refreshIn;
    return isWhole ? (body as TokenAnswer) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Times count from the arrival: the clocks of phones and laptops are wrong.
 * @param now the arrival, in milliseconds
 * @param before a token answer without a refresh token leaves the present one in force
 */
export function heldOf(answer: TokenAnswer, now: number, before?: Held | null): Held {
  const { user, session, expiresIn, refreshIn, accessToken } = answer;
  const refreshToken = answer.refreshToken ?? (before?.session.id === session.id ? before.refreshToken : undefined);
  return {
    user,
    session,
    expiresAt: now + expiresIn * 1000,
    refreshAt: now + refreshIn * 1000,
    ...(accessToken ? { accessToken } : {}),
    ...(refreshToken ? { refreshToken } : {}),
  };
}

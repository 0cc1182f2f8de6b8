// What a provider says about a person, once it has been verified.
import type { ProviderSettings } from '../../config/provider-file.js';

export interface UpstreamAnswer {
  readonly provider: ProviderSettings;
  readonly issuer: string;
  readonly subject: string;
  /** As the provider wrote it. */
  readonly email?: string | undefined;
  /** The provider's claim; whether it counts is the operator's choice (`trustEmailVerified`). */
  readonly emailVerified: boolean;
  /** `['mfa']` where the provider is trusted to have asked for two factors (RFC 8176). */
  readonly methods: readonly string[];
  /** When the provider asked who they are (`auth_time`); perhaps long ago. Undefined where it does not say. */
  readonly authenticatedAt?: Date | undefined;
  /** The provider's session. */
  readonly sid?: string | undefined;
  readonly idToken: string;
  /** The values of the claim that is mapped to roles. */
  readonly roleValues: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;

interface Sources {
  /** Signed. */
  readonly idToken: Claims;
  /** Fills what is missing in the ID token. */
  readonly userinfo: Claims;
}

/** @param subject was checked; the other claims may hold anything */
export function answerOf(
  provider: ProviderSettings,
  { subject, text }: { readonly subject: string; readonly text: string },
  { idToken, userinfo }: Sources,
): UpstreamAnswer {
  // Together: an address of the one is not verified by the word of the other.
  const { email, email_verified: emailVerified } = typeof idToken['email'] === 'string' ? idToken : userinfo;
  const { roles, secondFactor, issuer } = provider;
  return {
    ...{ provider, issuer, subject, idToken: text },
    email: isKeepable(email) ? email : undefined,
    emailVerified: emailVerified === true,
    methods:
      secondFactor && textsOf(idToken[secondFactor.claim]).some((each) => secondFactor.values.includes(each))
        ? ['mfa']
        : [],
    authenticatedAt: timeOf(idToken['auth_time']),
    sid: isPlain(idToken['sid']) ? idToken['sid'] : undefined,
    roleValues: roles ? textsOf(idToken[roles.claim] ?? userinfo[roles.claim]) : [],
  };
}

/** OpenID Connect Core §2: at most 255 ASCII characters. */
export const isPlain = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]{1,255}$/.test(value);

/** A claim that is a text or a list of texts; whatever else is in it does not count. */
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');

/** Text that a column holds and a page shows: no control characters, which PostgreSQL refuses in part, and no book. */
const isKeepable = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 512 && !/\p{Cc}/u.test(value);

/** @returns undefined for what is no time; one that lies in the future is cut off where the session starts */
function timeOf(seconds: unknown): Date | undefined {
  const isTime = typeof seconds === 'number' && seconds >= 0 && seconds < 8_640_000_000_000;
  return isTime ? new Date(seconds * 1_000) : undefined;
}

// The settings of passkeys, and what follows from them. A part of settings.ts.
import { getPublicSuffix } from 'tldts';
import { format, Wrong } from './format.js';
import { list } from './formats.js';
import { allowedOrigin } from './origins.js';
import type { Setting } from './setting.js';
import type { Settings } from './settings.js';

/** Of an Android app: `android:apk-key-hash:` and the SHA-256 of its signing certificate in base64url. */
const androidOrigin = /^android:apk-key-hash:[\w-]{43}$/;

const relatedOrigin = format((text) => {
  if (androidOrigin.test(text)) return text;
  const parsed = allowedOrigin.safeParse(text);
  const isSecure = parsed.success && (parsed.data.startsWith('https:') || isLocal(new URL(parsed.data).hostname));
  return isSecure ? parsed.data : new Wrong('must be https origins, or android:apk-key-hash:… of an app');
});

const isLocal = (host: string) => host === 'localhost' || host.endsWith('.localhost');

/** WebAuthn §5.1.2: a domain, and no public suffix, under which anybody can have a name. */
const relyingPartyId = format((text) => {
  const id = text.toLowerCase();
  if (id === 'localhost') return id;
  const isDomain = /^(?=.*[a-z])[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(id);
  if (!isDomain) return new Wrong('must be a domain name such as example.com, without a scheme or a port');
  if (getPublicSuffix(id, { allowPrivateDomains: true }) === id)
    return new Wrong('must be a domain of your own: this one is a public suffix, under which anybody can have a name');
  return id;
});

export const passkeySettings = {
  WEBAUTHN_RP_ID: {
    schema: relyingPartyId.optional(),
    standard: "COOKIE_DOMAIN, else PUBLIC_URL's host",
    about:
      'The domain that passkeys belong to. It cannot change once there are passkeys: a start that would make some of them useless is refused.',
  },
  WEBAUTHN_RELATED_ORIGINS: {
    schema: list(relatedOrigin).default([]),
    about:
      'Origins outside of that domain whose pages may use its passkeys, separated by commas; they stand at /.well-known/webauthn. Also Android apps: `android:apk-key-hash:…`.',
  },
} satisfies Record<string, Setting>;

type Relevant = Pick<Settings, 'PORT'> & Partial<Settings>;

export interface RelyingParty {
  readonly id: string;
  /** Where a passkey may have been used: what a browser or a phone writes into its answer. */
  readonly origins: readonly string[];
}

export function relyingPartyOf(values: Relevant): RelyingParty {
  const { PORT: port, PUBLIC_URL: url = `http://localhost:${port}`, COOKIE_DOMAIN: domain } = values;
  const id = values.WEBAUTHN_RP_ID ?? domain ?? new URL(url).hostname;
  const local = values.NODE_ENV === 'production' ? [] : [`http://localhost:${port}`];
  const own = [url, ...local, ...(values.ALLOWED_ORIGINS ?? [])].filter((origin) => covers(id, origin));
  return { id, origins: [...new Set([...own, ...(values.WEBAUTHN_RELATED_ORIGINS ?? [])])] };
}

function covers(id: string, origin: string): boolean {
  if (!/^https?:/.test(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === id || hostname.endsWith(`.${id}`);
}

/** A passkey that our own pages cannot use would lock its owner out. */
export function contradictionsOfPasskeys(values: Partial<Settings>): string[] {
  const { WEBAUTHN_RP_ID: id, PUBLIC_URL: url, PORT: port } = values;
  if (id === undefined || port === undefined) return [];
  const own = url ?? `http://localhost:${port}`;
  if (covers(id, own) || values.WEBAUTHN_RELATED_ORIGINS?.includes(own)) return [];
  return ['WEBAUTHN_RP_ID must be the host of PUBLIC_URL or a parent of it, or WEBAUTHN_RELATED_ORIGINS must name it'];
}

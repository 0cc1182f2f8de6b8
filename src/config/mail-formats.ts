// Reads the settings of mail: the server that takes it, its sender, and where its links lead.
import { isLoopback } from './addresses.js';
import { format, Wrong } from './format.js';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; without it the connection begins plain and is upgraded (STARTTLS). */
  readonly isSecure: boolean;
  readonly isLocal: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** RFC 8314 §3.3 and RFC 6409 §3.1. */
const PORTS = { 'smtps:': 465, 'smtp:': 587 } as const;

/** No parameters: nodemailer would read any of its options from them. */
export const smtpUrl = format((text): SmtpServer | Wrong => {
  const isUrl = /^smtps?:\/\/[^/?#\s]+\/?$/i.test(text) && URL.canParse(text);
  const url = isUrl ? new URL(text) : undefined;
  if (!url || url.hostname === '')
    return new Wrong(
      'must be smtp://user:password@host:587 or smtps://user:password@host:465, without a path or a query; ' +
        'special characters of a password are percent-encoded (/ as %2F, # as %23, @ as %40)',
    );
  if ((url.username === '') !== (url.password === '')) return new Wrong('must have a user and a password, or neither');
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (user instanceof Wrong || password instanceof Wrong) return new Wrong('has a % that begins no code: write %25');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'smtps:';
  const port = Number(url.port) || PORTS[isSecure ? 'smtps:' : 'smtp:'];
  return { host, port, isSecure, isLocal: isLoopback(host), user: user || undefined, password: password || undefined };
});

function decoded(text: string): string | Wrong {
  try {
    return decodeURIComponent(text);
  } catch {
    return new Wrong('');
  }
}

export interface Sender {
  readonly name: string;
  readonly address: string;
}

/** An address alone, or `Name <address>`. A name that has commas or brackets needs no quotes: it is not parsed. */
export const mailSender = format((text): Sender | Wrong => {
  const [, name = '', inBrackets] = /^([^<>]*)<([^<>]+)>$/.exec(text) ?? [];
  const address = inBrackets ?? text;
  const isFit = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(address) && !/\p{C}/u.test(name);
  return isFit
    ? { name: name.trim().replace(/^"(.*)"$/, '$1'), address }
    : new Wrong('must be an address, or a name and an address as in Example <no-reply@example.com>');
});

/** Without a trailing slash; a link adds a path and a fragment. */
export const linkBase = format((text) => {
  const isUrl = /^https?:\/\/[^\s?#@\\]+$/.test(text) && URL.canParse(text);
  return isUrl ? new URL(text).href.replace(/\/+$/, '') : new Wrong('must be an http(s) URL without a query');
});

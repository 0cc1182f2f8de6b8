// Reads the URLs of PostgreSQL and Redis, and assesses how secure the connections are.
import { existsSync } from 'node:fs';
import { isLoopback } from './addresses.js';
import { format, Wrong } from './format.js';
import { eachPostgresHost, joinPostgresHosts } from './postgres-hosts.js';

const ENCODE = 'special characters of a password are percent-encoded (/ as %2F, # as %23, @ as %40)';

/** Refuses or rewrites what node-postgres misreads or refuses with an unclear error. */
export const postgresUrl = format((written) => {
  const each = eachPostgresHost(written).map(readPostgresUrl);
  const read = each.filter((url) => typeof url === 'string');
  const wrong = each.find((url) => url instanceof Wrong);
  if (wrong) return wrong;
  const hasHostTwice = read.length > 1 && read.some((url) => new URL(url).searchParams.has('host'));
  if (hasHostTwice) return new Wrong('names several hosts, and one in host=: write all of them before the path');
  return joinPostgresHosts(read);
});

function readPostgresUrl(written: string): string | Wrong {
  if (!/^postgres(?:ql)?:\/\//.test(written)) return new Wrong('must be a postgres:// URL');
  const text = withSocketAsHost(written);
  if (!URL.canParse(text)) return new Wrong(`must be a postgres:// URL with a host; ${ENCODE}`);
  const { searchParams, hostname, username } = new URL(text);
  if (searchParams.get('host')?.includes(','))
    return new Wrong('names several hosts in host=: write them before the path, as in h1:5432,h2:5432/database');
  if (hostname === '' && !searchParams.get('host')) return new Wrong('names no host: write localhost, or a socket');
  if (username === '') return new Wrong('names no user: write postgres://user:password@host/database');
  if (/standby|read-only/.test(searchParams.get('target_session_attrs') ?? ''))
    return new Wrong('asks for a standby: write target_session_attrs=read-write, or leave it out');
  return wrongTls(searchParams) ?? asNodePostgresReadsIt(text, searchParams);
}

/** Node cannot parse libpq's `user@/db?host=/folder`; it can once the folder is the host. */
function withSocketAsHost(text: string): string {
  const parts = /^(\w+:\/\/[^/?#]*@)(\/[^?#]*)\?([^#]*)$/.exec(text);
  if (!parts) return text;
  const [, start = '', path = '', query = ''] = parts;
  const params = new URLSearchParams(query);
  const folder = params.get('host');
  if (!folder || folder.includes(',')) return text;
  params.delete('host');
  return `${start}${encodeURIComponent(folder)}${path}${params.size > 0 ? `?${params.toString()}` : ''}`;
}

/** node-postgres treats `require` and `verify-ca` as `verify-full`, with a warning; the explicit name avoids that. */
function asNodePostgresReadsIt(text: string, params: URLSearchParams): string {
  const withoutSystem = text.replace(/([?&])sslrootcert=system(&|$)/, (_, before: string, after) =>
    after ? before : '',
  );
  if (params.get('uselibpqcompat') === 'true') return withoutSystem;
  return withoutSystem.replace(/([?&]sslmode=)(?:require|verify-ca)\b/, '$1verify-full');
}

const sslModes = new Set(['disable', 'no-verify', 'require', 'verify-ca', 'verify-full']);
const sslFiles = ['sslrootcert', 'sslcert', 'sslkey'];

function wrongTls(params: URLSearchParams): Wrong | undefined {
  const mode = params.get('sslmode');
  if (mode !== null && !sslModes.has(mode)) {
    const advice = 'sslmode=verify-full, with sslrootcert=/path/to/ca.pem for a private authority, or sslmode=disable';
    return new Wrong(`has an sslmode that is not supported: write ${advice}`);
  }
  const ssl = params.get('ssl');
  if (ssl !== null && !/^(true|1|false|0)$/.test(ssl))
    return new Wrong('has ssl= with a value: write sslmode=verify-full');
  const missing = sslFiles.find((name) => {
    const file = params.get(name);
    return file !== null && !(name === 'sslrootcert' && file === 'system') && !existsSync(file);
  });
  return missing === undefined ? undefined : new Wrong(`names a file in ${missing}= that does not exist`);
}

export const redisUrl = format((written) => {
  if (/^(unix|redis\+(unix|socket)|redis-socket):\/\/\/|^\/(?!\/)/.test(written)) return socketOf(written);
  if (!/^rediss?:\/\//.test(written)) return new Wrong('must be a redis://, rediss:// or unix:///path/to/socket URL');
  if (!URL.canParse(written)) return new Wrong(`must be a redis:// or rediss:// URL; ${ENCODE}`);
  const { hostname, pathname, searchParams } = new URL(written);
  if (hostname === '') return new Wrong('names no host; a socket is written as unix:///path/to/socket?db=0');
  return wrongDatabase(pathname.slice(1), searchParams) ?? written;
});

function socketOf(written: string): string | Wrong {
  const [path = '', query = ''] = written.replace(/^[^:/]+:\/\//, '').split('?');
  return wrongDatabase('', new URLSearchParams(query)) ?? `${path}${query ? `?${query}` : ''}`;
}

/** ioredis uses database 0 if this is no number or the server has no such database. */
function wrongDatabase(inPath: string, params: URLSearchParams): Wrong | undefined {
  const isNumber = [inPath || '0', params.get('db') ?? '0'].every(
    (text) => /^\d{1,2}$/.test(text) && Number(text) < 16,
  );
  return isNumber ? undefined : new Wrong('must have a database number from 0 to 15, as in redis://host:6379/0');
}

export interface Security {
  readonly isLocal: boolean;
  /** With a verified server certificate. */
  readonly isEncrypted: boolean;
  readonly isAuthenticated: boolean;
}

/** @param text the result of postgresUrl; of several hosts the weakest counts */
export function securityOfPostgres(text: string): Security {
  const each = eachPostgresHost(text).map(securityOfHost);
  return {
    isLocal: each.every(({ isLocal }) => isLocal),
    isEncrypted: each.every(({ isEncrypted }) => isEncrypted),
    isAuthenticated: each.every(({ isAuthenticated }) => isAuthenticated),
  };
}

function securityOfHost(text: string): Security {
  const { searchParams: params, hostname, password } = new URL(text);
  const mode = params.get('sslmode');
  const isVerified = mode === 'verify-full' || (mode !== null && mode !== 'no-verify' && params.has('sslrootcert'));
  const isOn = mode === null ? /^(true|1)$/.test(params.get('ssl') ?? '') || params.has('sslrootcert') : isVerified;
  return {
    isLocal: isLoopback(params.get('host') ?? decodeURIComponent(hostname).replace(/^\[|\]$/g, '')),
    isEncrypted: mode !== 'disable' && isOn,
    isAuthenticated: [password, params.get('password'), params.get('sslkey')].some(Boolean),
  };
}

/** @param text the result of redisUrl */
export function securityOfRedis(text: string): Security {
  if (text.startsWith('/')) return { isLocal: true, isEncrypted: true, isAuthenticated: true };
  const { protocol, hostname, password, searchParams } = new URL(text);
  return {
    isLocal: isLoopback(hostname.replace(/^\[|\]$/g, '')),
    isEncrypted: protocol === 'rediss:',
    isAuthenticated: [password, searchParams.get('password')].some(Boolean),
  };
}

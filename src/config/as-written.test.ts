// Settings as people write them: each one works, or an error says what to write instead.
import { describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    Config.fromEnv(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('a setting is accepted as people write it, with', () => {
  it.each<[string, string, string, unknown]>([
    ['the end of a Windows line', 'JWT_ISSUER', 'https://auth.example.com\r', 'https://auth.example.com'],
    ['spaces around it', 'JWT_ISSUER', '  https://auth.example.com ', 'https://auth.example.com'],
    ['a number with a CR', 'PORT', '3001\r', 3001],
    ['nothing but spaces', 'PORT', '  ', 3000],
    ['a default port', 'PUBLIC_URL', 'https://auth.example.com:443', 'https://auth.example.com'],
    ['a default port of http', 'PUBLIC_URL', 'http://auth.example.com:80/', 'http://auth.example.com'],
    ['capitals', 'PUBLIC_URL', 'HTTPS://Auth.Example.COM', 'https://auth.example.com'],
    ['a trailing slash', 'PUBLIC_URL', 'https://auth.example.com/', 'https://auth.example.com'],
    ['an origin with a default port', 'ALLOWED_ORIGINS', 'https://App.example.com:443/', ['https://app.example.com']],
    ['a domain in capitals', 'COOKIE_DOMAIN', '.Example.COM', 'example.com'],
    ['brackets of IPv6', 'HOST', '[::]', '::'],
    ['a name to listen on', 'HOST', 'localhost', 'localhost'],
    ['a number of hops', 'TRUST_PROXY', '2', 2],
    ['a range by its mask', 'TRUST_PROXY', '10.0.0.0/255.255.0.0', [{ address: '10.0.0.0', prefix: 16 }]],
    ['a socket of Redis', 'REDIS_URL', 'unix:///run/redis/redis.sock?db=2', '/run/redis/redis.sock?db=2'],
    ['the plain path of a socket', 'REDIS_URL', '/run/redis/redis.sock', '/run/redis/redis.sock'],
    ['a database of Redis', 'REDIS_URL', 'redis://localhost:6379/3', 'redis://localhost:6379/3'],
    ['a socket folder', 'DATABASE_URL', 'postgres://u:p@/d?host=/run/pg', 'postgres://u:p@%2Frun%2Fpg/d'],
    ['a socket folder and a port', 'DATABASE_URL', 'postgres://u@/d?host=/r&port=1', 'postgres://u@%2Fr/d?port=1'],
    [
      'sslmode=require, by the name of what node-postgres does',
      'DATABASE_URL',
      'postgres://u:p@db/d?sslmode=require',
      'postgres://u:p@db/d?sslmode=verify-full',
    ],
    [
      "the system's authorities",
      'DATABASE_URL',
      'postgres://u:p@db/d?sslrootcert=system&sslmode=verify-full',
      'postgres://u:p@db/d?sslmode=verify-full',
    ],
    ['a password of another system', 'REDIS_PASSWORD', '"quoted" \r\n', '"quoted" '],
    ['headers in capitals', 'CORS_ALLOWED_HEADERS', 'X-B3-TraceId, B3', ['x-b3-traceid', 'b3']],
    ['an app of Capacitor', 'ALLOWED_ORIGINS', 'capacitor://localhost', ['capacitor://localhost']],
    ['an app of Tauri', 'ALLOWED_ORIGINS', 'tauri://localhost', ['tauri://localhost']],
    [
      'an extension',
      'ALLOWED_ORIGINS',
      'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
      ['chrome-extension://abcdefghijklmnopabcdefghijklmnop'],
    ],
  ])('%s', (_, name, text, value) => {
    expect(Object(Config.fromEnv({ [name]: text }))[name]).toEqual(value);
  });
});

describe('a setting that cannot work is refused with a correction', () => {
  it.each<[string, string, string, RegExp]>([
    ['quotes of an env file', 'JWT_ISSUER', '"https://auth.example.com"', /wrapped in quotes.* write it without/],
    ['quotes around a number', 'PORT', "'3000'", /wrapped in quotes/],
    ['quotes around a URL with a password', 'DATABASE_URL', '"postgres://u:p@h/d"', /wrapped in quotes/],
    ['a space inside', 'JWT_ISSUER', 'https://auth. example.com', /must not have spaces/],
    ['a tab inside', 'JWT_ISSUER', 'https://auth.\texample.com', /must not have spaces/],
    ['an audience with a CR inside', 'JWT_AUDIENCE', 'a\rb', /must not have spaces/],
    ['a path prefix', 'PUBLIC_URL', 'https://example.com/auth', /a path prefix is not supported/],
    ['an address with a scheme', 'HOST', 'http://0.0.0.0', /must be an address such as/],
    ['an address with a port', 'HOST', '0.0.0.0:3000', /without a scheme, a port/],
    ['an impossible address', 'HOST', '300.1.1.1', /must be an address/],
    ['the service links of Kubernetes', 'METRICS_PORT', 'tcp://10.0.0.1:9464', /enableServiceLinks: false/],
    ['the same for the port', 'PORT', 'tcp://10.0.0.1:80', /enableServiceLinks: false/],
    ['a path where a database number stands', 'REDIS_URL', 'redis:///run/redis.sock', /unix:\/\/\/path\/to\/socket/],
    ['an impossible database number', 'REDIS_URL', 'redis://h:6379/99', /database number from 0 to 15/],
    ['a negative one', 'REDIS_URL', 'redis://h:6379/-1', /database number/],
    ['a name for it', 'REDIS_URL', 'redis://h:6379/cache', /database number/],
    ['one in the query', 'REDIS_URL', 'redis://h:6379?db=x', /database number/],
    ['one behind a socket', 'REDIS_URL', 'unix:///run/redis.sock?db=16', /database number/],
    ['several hosts of which one is none', 'DATABASE_URL', 'postgres://u:p@a:5432,:5432/d', /with a host/],
    [
      'several hosts, and one in the query',
      'DATABASE_URL',
      'postgres://u:p@a,b/d?host=c',
      /all of them before the path/,
    ],
    ['several hosts in the query', 'DATABASE_URL', 'postgres://u:p@/d?host=a,b', /several hosts|with a host/],
    ['a wish for a standby', 'DATABASE_URL', 'postgres://u:p@a,b/d?target_session_attrs=prefer-standby', /read-write/],
    ['no host', 'DATABASE_URL', 'postgres:///d', /names no host/],
    ['no user', 'DATABASE_URL', 'postgres://localhost/d', /names no user/],
    ['sslmode=prefer', 'DATABASE_URL', 'postgres://u:p@h/d?sslmode=prefer', /write sslmode=verify-full/],
    ['a missing authority', 'DATABASE_URL', 'postgres://u:p@h/d?sslrootcert=/no/ca.pem', /does not exist/],
    ['a password with a hash sign', 'DATABASE_URL', 'postgres://u:p#w@h/d', /percent-encoded/],
    ['99 hops', 'TRUST_PROXY', '99', /at most 5 hops/],
    ['everybody', 'TRUST_PROXY', '0.0.0.0/0', /too wide/],
    ['everybody by IPv6', 'TRUST_PROXY', '10.0.0.0/8, ::/0', /too wide/],
    ['half of everybody', 'TRUST_PROXY', '128.0.0.0/1', /too wide/],
    ['everybody by a mask', 'TRUST_PROXY', '1.0.0.0/0.0.0.0', /too wide/],
    ['IPv4 mapped into IPv6', 'TRUST_PROXY', '::ffff:0:0/96', /too wide/],
    ['what surrounds it', 'TRUST_PROXY', '::/48', /too wide/],
    ['a range that is none', 'TRUST_PROXY', '10.0.0.0/33', /10\.0\.0\.0\/8/],
    ['a public suffix', 'COOKIE_DOMAIN', 'co.uk', /public suffix/],
    ['a public suffix of a company', 'COOKIE_DOMAIN', '.github.io', /public suffix/],
    ['an address', 'COOKIE_DOMAIN', '127.0.0.1', /not an address/],
    ['an origin that is null', 'ALLOWED_ORIGINS', 'null', /must be an origin/],
    ['files', 'ALLOWED_ORIGINS', 'file://localhost', /this scheme has none/],
    ['a wildcard of headers', 'CORS_ALLOWED_HEADERS', '*', /without a wildcard/],
    ['a long issuer', 'JWT_ISSUER', `https://example.com/${'x'.repeat(1_400)}`, /4096|JWT_ISSUER must be shorter/],
    [
      'many audiences',
      'JWT_AUDIENCE',
      Array(60)
        .fill(`https://${'a'.repeat(30)}.example`)
        .join(),
      /shorter.* 4096/,
    ],
  ])('%s', (_, name, text, sentence) => {
    const problems = problemsOf({ [name]: text });
    expect(problems).toEqual([expect.stringMatching(sentence)]);
    expect(problems[0]).toMatch(new RegExp(`^${name} `));
  });

  it('a cookie over 4,096 bytes, by the setting that causes it', () => {
    expect(problemsOf({ SIGNING_KEY_BITS: '8192' })).toEqual([]);
    expect(problemsOf({ SIGNING_KEY_BITS: '8192', JWT_ISSUER: `https://a.example/${'x'.repeat(700)}` })).toEqual([
      expect.stringMatching(/JWT_ISSUER.*SIGNING_KEY_BITS.* must be shorter|SIGNING_KEY_BITS.*JWT_ISSUER.* shorter/),
    ]);
  });
});

import { expect, it } from 'vitest';
import { securityOfPostgres } from './backends.js';
import { Config } from './config.js';
import { eachPostgresHost, hostsOfPostgres } from './postgres-hosts.js';

const rest = '/d?sslmode=verify-full&sslrootcert=/dev/null';

it.each([
  ['one host', 'a:5432', ['a:5432']],
  ['several, with and without ports', 'a:5433,b,[::1]:5432', ['a:5433', 'b', '[::1]:5432']],
])('a URL of %s is a URL for each, with the same user, database and parameters', (_, hosts, each) => {
  const url = `postgres://u:p%2C@${hosts}${rest}`;
  const { DATABASE_URL = '' } = Config.fromEnv({ DATABASE_URL: url });
  expect(eachPostgresHost(DATABASE_URL)).toEqual(each.map((host) => `postgres://u:p%2C@${host}${rest}`));
  expect(hostsOfPostgres(DATABASE_URL)).toBe(each.join(', '));
});

it('what node-postgres misreads is rewritten for each host', () => {
  const { DATABASE_URL } = Config.fromEnv({ DATABASE_URL: 'postgres://u:p@a,b/d?sslmode=require' });
  expect(DATABASE_URL).toBe('postgres://u:p@a,b/d?sslmode=verify-full');
});

it('of several hosts the one that is least secure counts', () => {
  expect(securityOfPostgres('postgres://u:p@localhost,db.example.com/d')).toEqual({
    isLocal: false,
    isEncrypted: false,
    isAuthenticated: true,
  });
  expect(securityOfPostgres(`postgres://u:p@a,b${rest}`)).toMatchObject({ isEncrypted: true });
});

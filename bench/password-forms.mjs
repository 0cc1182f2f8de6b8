// Does the time of a wrong password tell who has an account, where accounts came from another system? One form at a time.
// Usage: npm run bench:password-forms [-- SAMPLES]. About two minutes.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { buildIfStale } from '../scripts/build.mjs';
import { untilTheEnd } from './lib/processes.mjs';
import { mannWhitney } from './lib/two-sample.mjs';

const SAMPLES = Number(process.argv[2] ?? 60);
/** Each as it is stored. Nobody's password is asked for: only the parameters matter. */
const forms = {
  'argon2id, today’s': '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  'argon2id of Django': '$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw',
  'bcrypt, cost 10': '$2a$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  'scrypt of Django': `$scrypt$ln=14,r=8,p=1,l=64$c2Vhc2FsdA$${'A'.repeat(86)}`,
  'scrypt of Firebase': `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${'A'.repeat(86)}==$42xEC+ixf3L2lw==$${'A'.repeat(86)}==`,
  'PBKDF2 of Keycloak': `$pbkdf2-sha256$i=27500,l=64$c2Vhc2FsdA$${'A'.repeat(86)}`,
  'PBKDF2 of Django': `$pbkdf2-sha256$i=600000,l=32$c2Vhc2FsdA$${'A'.repeat(43)}`,
  'SHA-1, wrapped':
    '$sha1+argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$$c2FsdA',
};

buildIfStale();
const { startInfrastructure } = await import('./lib/infrastructure.mjs');
const { startWatchword } = await import('./lib/watchword.mjs');

await untilTheEnd(async () => {
  const infrastructure = await startInfrastructure();
  const { databaseUrl, ownerUrl } = await infrastructure.freshDatabase();
  const start = () => startWatchword({ databaseUrl, ownerUrl, logFile: join(infrastructure.folder, 'log') });
  await (await start()).stop(); // makes the tables
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const rows = [];
  for (const [form, stored] of Object.entries(forms)) {
    await owner.query('DELETE FROM users');
    const people = Array.from({ length: SAMPLES }, () => `${randomUUID()}@example.com`);
    const insert = 'INSERT INTO users (id, email, password_hash) SELECT gen_random_uuid(), unnest($1::text[]), $2';
    await owner.query(insert, [people, stored]);
    const service = await start(); // reads the shares of the forms
    rows.push({ form, ...(await compared(service.url, people)) });
    await service.stop();
  }
  await owner.end();
  console.table(rows);
});

/** Known and unknown addresses in a random order: what slows the machine falls on both. */
async function compared(url, people) {
  const asked = people.flatMap((email) => [
    { kind: 'known', email, at: Math.random() },
    { kind: 'unknown', email: `${randomUUID()}@example.com`, at: Math.random() },
  ]);
  const times = { known: [], unknown: [] };
  for (let n = 0; n < 5; n++) await wrong(url, `${randomUUID()}@example.com`);
  for (const { kind, email } of asked.toSorted((a, b) => a.at - b.at)) times[kind].push(await wrong(url, email));
  const [known, unknown] = [medianOf(times.known), medianOf(times.unknown)];
  const { p } = mannWhitney(times.unknown, times.known);
  const rounded = (value, digits) => Number(value.toFixed(digits));
  return {
    ...{ 'known, ms': rounded(known, 1), 'unknown, ms': rounded(unknown, 1) },
    ...{ ratio: rounded(unknown / known, 3), 'p (Mann-Whitney)': rounded(p, 2) },
  };
}

async function wrong(url, email) {
  const body = JSON.stringify({ email, password: 'a passphrase of the bench' });
  const started = performance.now();
  const answer = await fetch(`${url}/auth/login`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
  });
  await answer.arrayBuffer();
  if (answer.status !== 401) throw new Error(`${answer.status} instead of 401`);
  return performance.now() - started;
}

function medianOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

// Users of another system are imported from a file: each line once, whatever interrupts it, and nobody else's account.
import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, somebody } from './support/client.js';
import { cliContext, fileOf, importText } from './support/imports.js';
import { type Service, startService } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ ROLES: 'user,editor,admin', MFA_REQUIRED_ROLES: 'none' });
});
afterAll(() => service.stop());

const context = () => cliContext(service.databaseUrl, { ROLES: 'user,editor,admin' });
const login = (person: { email: string; password: string }) =>
  call(service.url, 'POST', '/auth/login', { body: { ...person, transport: 'bearer' } });
const rowOf = async (email: string) =>
  (await service.query<Record<string, any>>('SELECT * FROM users WHERE email = $1', [email]))[0];
const someAddress = () => somebody().email;

describe('an imported user', () => {
  it('signs in with the password, id, role and time that they had', async () => {
    const person = somebody();
    const id = 'a5c1f2b4-0d7e-4c3a-9b1f-3e2d1c0b9a88';
    const passwordHash = await hash(person.password, { memoryCost: 7168, timeCost: 1 });
    const createdAt = '2019-03-01T12:00:00.123456Z';
    const line = {
      email: ` ${person.email.toUpperCase()}`,
      passwordHash,
      emailVerified: true,
      id,
      role: 'editor',
      createdAt,
    };
    const report = await importText(await context(), fileOf([line]), { allowsRoles: true });
    expect(report).toEqual({ line: 1, imported: 1, refused: 0, resumedAfter: 0, refusals: {} });
    const answer = await login(person);
    expect(answer.json['user']).toEqual({ id, email: person.email, role: 'editor', emailVerified: true });
    expect((await rowOf(person.email))?.['created_at'].toISOString()).toBe('2019-03-01T12:00:00.123Z');
  });

  it('who was disabled stays so, and one without a password has none', async () => {
    const [disabled, without] = [somebody(), somebody()];
    const passwordHash = await hash(disabled.password, { memoryCost: 7168, timeCost: 1 });
    await importText(
      await context(),
      fileOf([{ ...{ email: disabled.email, passwordHash }, disabled: true }, { email: without.email }]),
    );
    expect((await login(disabled)).json['code']).toBe('invalid_credentials');
    expect(await rowOf(without.email)).toMatchObject({ password_hash: null, role: 'user', email_verified_at: null });
  });

  it('takes the place of a registration that nobody verified', async () => {
    const email = someAddress();
    const [stranger] = await service.query<{ id: string }>(
      `INSERT INTO users (id, email, password_hash, pending_until) VALUES (gen_random_uuid(), $1, 'x', now() + interval '7 days')
       RETURNING id`,
      [email],
    );
    const dry = await importText(await context(), fileOf([{ email }]), { isDryRun: true });
    expect([dry?.imported, (await rowOf(email))?.['id']]).toEqual([1, stranger?.id]);
    await importText(await context(), fileOf([{ email }]));
    expect(await rowOf(email)).toMatchObject({ pending_until: null, password_hash: null });
    expect((await rowOf(email))?.['id']).not.toBe(stranger?.id);
  });
});

/** Lines that are refused, and why; in the order of the file. */
async function badLines() {
  const [twice, owner, sameId] = [someAddress(), somebody(), 'a5c1f2b4-0d7e-4c3a-9b1f-3e2d1c0b9a99'];
  await call(service.url, 'POST', '/auth/register', { body: owner });
  const session = { token: `old-${twice}`, expiresAt: '2099-01-01T00:00:00Z' };
  const argon = (m: number, t: number) => `$argon2id$v=19$m=${m},t=${t},p=1$c29tZXNhbHRzb21lc2FsdA$${'A'.repeat(43)}`;
  const lines: [line: object | string, code: string | undefined][] = [
    [{ email: twice, id: sameId, sessions: [session] }, undefined],
    [{ email: twice.toUpperCase() }, 'email_taken'],
    [{ email: owner.email }, 'email_taken'],
    [{ email: someAddress(), id: sameId.toUpperCase() }, 'id_taken'],
    [{ email: someAddress(), id: '00000000-0000-0000-0000-000000000000' }, 'id_invalid'],
    [{ email: someAddress(), id: 7 }, 'id_invalid'],
    ['{"email": "a@example.com"', 'line_malformed'],
    ['["a@example.com"]', 'line_malformed'],
    ['null', 'line_malformed'],
    [`{"email":"${someAddress()}","disabled":false,"isAdmin":true}`, 'field_unknown'],
    [`{"email":"${someAddress()}","__proto__":{"role":"admin"}}`, 'field_unknown'],
    [{ email: someAddress(), emailVerified: 'yes' }, 'field_invalid'],
    [{ email: someAddress(), createdAt: 'yesterday' }, 'field_invalid'],
    [{ email: someAddress(), createdAt: `2020-01-01T00:00:00.${'1'.repeat(200)}Z` }, 'field_invalid'],
    [{ email: someAddress(), createdAt: '0000-01-01T00:00:00Z' }, 'field_invalid'],
    [{ email: 'nobody' }, 'email_invalid'],
    [{ passwordHash: null }, 'email_invalid'],
    [{ email: `a\u0000b@example.com` }, 'email_invalid'],
    [{ email: someAddress(), role: 'editor' }, 'role_not_allowed'],
    [{ email: someAddress(), passwordHash: 'crypt?' }, 'hash_unknown'],
    [{ email: someAddress(), passwordHash: '$argon2id$v=19$m=7168' }, 'hash_malformed'],
    [{ email: someAddress(), passwordHash: argon(2_000_000, 3) }, 'hash_too_costly'],
    [{ email: someAddress(), sessions: [{ token: 'x'.repeat(40) }] }, 'session_invalid'],
    [{ email: someAddress(), sessions: [{ ...session, tokenHash: 'A'.repeat(43) }] }, 'session_invalid'],
    [{ email: someAddress(), sessions: [session] }, 'session_taken'],
    [`{"email":"${someAddress()}","passwordHash":"${'x'.repeat(66_000)}"}`, 'line_too_long'],
    ['', undefined],
    ['  ', undefined],
    [{ email: someAddress(), role: 'user', passwordHash: null, createdAt: '2020-01-01T00:00:00+23:30' }, undefined],
    [{ email: someAddress(), passwordHash: argon(7168, 1) }, undefined],
  ];
  return lines;
}

describe('a line', () => {
  it('that cannot be imported is refused with its number and a code, and the others are imported; a dry run says the same', async () => {
    const lines = await badLines();
    const file = fileOf(lines.map(([line]) => line));
    const wanted: Record<string, { count: number; lines: number[] }> = {};
    for (const [at, [, code]] of lines.entries()) {
      if (code === undefined) continue;
      const { lines: known } = (wanted[code] ??= { count: 0, lines: [] });
      known.push(at + 1);
      wanted[code] = { count: known.length, lines: known };
    }
    const refused = lines.filter(([, code]) => code !== undefined).length;
    const report = {
      line: lines.length,
      imported: lines.length - refused - 2,
      refused,
      resumedAfter: 0,
      refusals: wanted,
    };
    const before = await service.query('SELECT count(*) FROM users');
    expect(await importText(await context(), file, { isDryRun: true })).toEqual(report);
    expect(await service.query('SELECT count(*) FROM users')).toEqual(before);
    expect(await service.query('SELECT line FROM imports')).not.toContainEqual({ line: lines.length });
    expect(await importText(await context(), file)).toEqual(report);
    // Again: nothing is left to do, and the report is still whole.
    for (const isDryRun of [true, false])
      expect(await importText(await context(), file, { isDryRun })).toEqual({ ...report, resumedAfter: lines.length });
    const events = await service.query<{ details: object }>(
      `SELECT details FROM audit_events WHERE type = 'users.imported' AND (details->>'lines')::int = $1`,
      [lines.length],
    );
    expect(events).toHaveLength(2);
    expect(events[0]?.details).toMatchObject({ imported: report.imported, refused, by: 'operator' });
  });

  it('may have a role only if the operator allows roles, and only one that exists', async () => {
    const [editor, king] = [someAddress(), someAddress()];
    const file = fileOf([
      { email: editor, role: 'editor' },
      { email: king, role: 'king' },
    ]);
    const report = await importText(await context(), file, { allowsRoles: true });
    expect(report?.refusals).toEqual({ role_unknown: { count: 1, lines: [2] } });
    expect(await rowOf(editor)).toMatchObject({ role: 'editor' });
  });

  it('may end in CR LF, the file may begin with a byte order mark and end without a newline', async () => {
    const [one, two, three] = [someAddress(), someAddress(), someAddress()];
    const text = `\uFEFF{"email":"${one}"}\r\n{"email":"${two}"}\r\n\r\n{"email":"${three}"}`;
    const report = await importText(await context(), text, {}, { chunkBytes: 7 });
    expect(report).toMatchObject({ line: 4, imported: 3, refused: 0 });
  });

  it('that is not UTF-8 is refused, not guessed', async () => {
    const text = Buffer.concat([
      Buffer.from(`{"email":"${someAddress()}","role":"`),
      Buffer.from([0xe4]),
      Buffer.from('"}\n'),
    ]);
    expect((await importText(await context(), text))?.refusals).toEqual({ line_malformed: { count: 1, lines: [1] } });
  });
});

it('of two runs of one file one goes on, and the other stops: none twice, none lost', async () => {
  const ending = someAddress();
  const file = fileOf(Array.from({ length: 1_500 }, (_, at) => ({ email: `${at}-${ending}` })));
  const gate = new Gate();
  // The second one has seen that nothing was read, and reads its lines when the first one has written some.
  const second = importText(await context(), file, {}, { after: gate.opened });
  const first = await importText(await context(), file, { onProgress: () => gate.open() });
  expect(first).toMatchObject({ line: 1_500, imported: 1_500, refused: 0 });
  expect(await second).toBeUndefined();
  expect(await countOf(ending)).toBe(1_500);
});

const countOf = async (ending: string) => {
  const [found] = await service.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM users WHERE email LIKE '%-' || $1`,
    [ending],
  );
  return found?.count;
};

class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((open) => (this.open = open));
}

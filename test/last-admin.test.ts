// Whatever happens at the same time, an installation keeps an administrator who can sign in.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountStatus } from '../src/accounts/account-status.js';
import { Refusal } from '../src/errors.js';
import { type Service, startService } from './support/service.js';

let service: Service;
let status: AccountStatus;
beforeAll(async () => {
  service = await startService();
  status = service.app.get(AccountStatus);
});
afterAll(() => service.stop());

const operator = { ip: null, userAgent: 'cli ops@console', requestId: randomUUID() };

async function admins(count: number): Promise<string[]> {
  await service.query(`UPDATE users SET role = 'user' WHERE role = 'admin'`);
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const id of ids)
    await service.query(`INSERT INTO users (id, email, role) VALUES ($1, $2, 'admin')`, [id, `${id}@example.com`]);
  return ids;
}
const left = async () =>
  (await service.query(`SELECT id FROM users WHERE role = 'admin' AND disabled_at IS NULL`)).map(({ id }) => id);
const codeOf = (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
  );

it('the last administrator is neither disabled nor demoted, and stays signed in', async () => {
  const [only = ''] = await admins(1);
  expect(await codeOf(status.disable(only, { by: 'operator', caller: operator }))).toBe('last_admin');
  expect(await codeOf(status.changeRole(only, 'user', { by: 'operator', caller: operator }))).toBe('last_admin');
  expect(await service.query('SELECT role, disabled_at, token_version FROM users WHERE id = $1', [only])).toEqual([
    { role: 'admin', disabled_at: null, token_version: 1 },
  ]);
  expect(await service.query('SELECT 1 FROM audit_events WHERE user_id = $1', [only])).toEqual([]);
});

it('a disabled administrator does not count, and one of two may go', async () => {
  const [one = '', two = '', three = ''] = await admins(3);
  expect(await codeOf(status.disable(one, { by: 'operator', caller: operator }))).toBe('done');
  expect(await codeOf(status.changeRole(two, 'user', { by: 'operator', caller: operator }))).toBe('done');
  expect(await codeOf(status.disable(three, { by: 'operator', caller: operator }))).toBe('last_admin');
  // Neither of these takes an administrator away.
  expect(await codeOf(status.changeRole(one, 'user', { by: 'operator', caller: operator }))).toBe('done');
  expect(await codeOf(status.disable(two, { by: 'operator', caller: operator }))).toBe('done');
  expect(await left()).toEqual([three]);
});

it('in 450 rounds of acts at once on two or three administrators, one is always left', async () => {
  const outcomes = new Map<string, number>();
  for (let round = 0; round < 450; round++) {
    const ids = await admins(2 + (round % 2));
    const acts = ids.map((id, at) =>
      (round + at) % 3 === 0
        ? status.disable(id, { by: 'operator', caller: operator })
        : status.changeRole(id, 'user', { by: 'a', caller: operator }),
    );
    for (const code of await Promise.all(acts.map(codeOf))) outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
    expect([round, (await left()).length]).toEqual([round, 1]);
  }
  expect(Object.fromEntries(outcomes)).toEqual({ done: 675, last_admin: 450 });
}, 120_000);

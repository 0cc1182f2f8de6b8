// Every route under /admin opens for administrators alone, who proved both factors a short time ago (ASVS 8.2.1, 8.4.2).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Administrator, administrator, asking, giveRole } from './support/admins.js';
import { type Answer, call, mobile, refresh } from './support/client.js';
import { documentedRoutes } from './support/documented.js';
import { type Service, startService } from './support/service.js';

let service: Service;
let ada: Administrator;
beforeAll(async () => {
  service = await startService();
  ada = await administrator(service);
});
afterAll(() => service.stop());

const doors = documentedRoutes.filter(({ path }) => path.startsWith('/admin'));
type Asked = (method: string, path: string) => Promise<Answer>;

/** What each route answers, with ids of nobody. */
const atEach = async (ask: Asked) => {
  const seen = new Set<string>();
  for (const { method, path } of doors) {
    const { status, json } = await ask(
      method,
      path.replaceAll(/\{\w+\}/g, () => randomUUID()),
    );
    seen.add(`${status} ${String(json['code'])}`);
  }
  return [...seen];
};

it('there are such routes, and all of them are closed and refuse those who may not', () => {
  expect(doors.length).toBeGreaterThan(0);
  for (const { method, path, isClosed, codes } of doors) {
    expect.soft([method, path, isClosed]).toEqual([method, path, true]);
    expect.soft(codes, `${method} ${path}`).toEqual(expect.arrayContaining(['forbidden', 'reauthentication_required']));
  }
});

it('an administrator who proved both factors just now is refused by none of them', async () => {
  const answers = await atEach(ada.ask);
  expect(answers.filter((answer) => /^(?:401|403|5)/.test(answer))).toEqual([]);
});

describe('every route refuses', () => {
  it('nobody', async () => {
    expect(await atEach((method, path) => call(service.url, method, path))).toEqual(['401 unauthenticated']);
  });

  it('a user, and a role whose name begins alike', async () => {
    const phone = await mobile(service.url);
    expect(await atEach(asking(service, phone))).toEqual(['403 forbidden']);
    await giveRole(service, phone.user.id, 'administrator');
    const other = (await refresh(service.url, phone.refreshToken)).json as typeof phone;
    expect(await atEach(asking(service, other))).toEqual(['403 forbidden']);
  });

  it('an administrator whose proof is older than 15 minutes, however fresh the access token is', async () => {
    const old = await administrator(service);
    await service.advance(15 * 60 + 1);
    const { json } = await refresh(service.url, old.tokens.refreshToken);
    const ask = asking(service, json as typeof old.tokens);
    expect(await atEach(ask)).toEqual(['403 reauthentication_required']);
    expect((await ask('GET', `/admin/users/${old.userId}`)).json).toMatchObject({ max_age: 900, session: 'keep' });
    ada = await administrator(service, ada.person);
  });

  it('an administrator whose session has one factor, and says which are strong enough', async () => {
    const phone = await mobile(service.url);
    await giveRole(service, phone.user.id, 'admin');
    const weak = (await refresh(service.url, phone.refreshToken)).json as typeof phone;
    const ask = asking(service, weak);
    expect(await atEach(ask)).toEqual(['403 reauthentication_required']);
    const acr = ['urn:watchword:2fa', 'phr'];
    expect((await ask('GET', `/admin/users/${phone.user.id}`)).json).toMatchObject({ acr_values: acr });
  });

  it('a disabled administrator', async () => {
    const gone = await administrator(service);
    await service.query(
      `UPDATE users SET disabled_at = protocol_now(), token_version = token_version + 1,
              session_epoch = session_epoch + 1 WHERE id = $1`,
      [gone.userId],
    );
    expect(await atEach(gone.ask)).toEqual(['401 token_stale']);
    expect((await refresh(service.url, gone.tokens.refreshToken)).json).toMatchObject({
      status: 401,
      session: 'ended',
    });
  });

  it('an administrator whose role was taken a second ago, with the old token and with a new one', async () => {
    const former = await administrator(service);
    await giveRole(service, former.userId, 'user');
    expect(await atEach(former.ask)).toEqual(['401 token_stale']);
    const now = (await refresh(service.url, former.tokens.refreshToken)).json as typeof former.tokens;
    expect(await atEach(asking(service, now))).toEqual(['403 forbidden']);
  });

  it('an administrator whose role somebody took by hand, in the database', async () => {
    const former = await administrator(service);
    await service.query(`UPDATE users SET role = 'user' WHERE id = $1`, [former.userId]);
    expect(await atEach(former.ask)).toEqual(['403 forbidden']);
  });
});

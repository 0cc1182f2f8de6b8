// Everything that is sealed in the database is sealed anew when the key-encryption key changes (law L4).
import { randomBytes } from 'node:crypto';
import { getTableColumns, getTableName, is, Table } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { tables } from '../src/database/tables.js';
import { KeyEncryption } from '../src/keys/key-encryption.js';
import { Rewrap } from '../src/keys/rewrap.js';
import { sealedColumns } from '../src/keys/sealed-columns.js';
import { nameOf } from '../src/keys/sealed-rows.js';
import { enrolled, factor, ticketOf } from './support/factors.js';
import { cloneDatabase, startServiceForTest } from './support/service.js';
import { testSettings } from './support/settings.js';

const caller = { ip: null, userAgent: 'test', requestId: '00000000-0000-4000-8000-000000000003' };
const present = randomBytes(32).toString('base64');
const both = { KEY_ENCRYPTION_KEY: present, KEY_ENCRYPTION_KEY_PREVIOUS: testSettings.KEY_ENCRYPTION_KEY };

it('L4: every column whose name says that it is sealed is one that keys rewrap knows', () => {
  const sealed = Object.values(tables)
    .filter((each) => is(each, Table))
    .flatMap((table) => Object.values(getTableColumns(table)).map(({ name }) => `${getTableName(table)}.${name}`))
    .filter((name) => /\.(\w+_)?sealed$/.test(name));
  // By name: the keys and secrets of the installation.
  const known = [...sealedColumns.map(nameOf), 'signing_keys.private_sealed', 'server_secrets.sealed'];
  expect(sealed.toSorted()).toEqual(known.toSorted());
});

it('L4: a rewrap seals queued addresses anew in batches, leaves the dead alone and counts what no key opens', async () => {
  const databaseUrl = await cloneDatabase();
  const service = await startServiceForTest(both, { databaseUrl });
  const [old, now, stranger] = [testSettings.KEY_ENCRYPTION_KEY, present, randomBytes(32).toString('base64')].map(
    (key) => new KeyEncryption(Buffer.from(key, 'base64')),
  );
  const ids = Array.from({ length: 1_203 }, (_, at) => `0190a000-0000-7000-8000-${String(at).padStart(12, '0')}`);
  const sealedBy = (at: number) => (at === 7 ? null : at === 8 ? stranger : at === 9 ? now : old);
  await service.query(
    `INSERT INTO mail_outbox (recipient, id, kind, address_sealed, next_attempt_at, send_before, dead_at)
     SELECT decode(md5(id::text), 'hex'), id, 'of a later release', sealed, now() + '1 day', now() + '1 day',
            CASE WHEN sealed IS NULL THEN now() END FROM unnest($1::uuid[], $2::bytea[]) AS given (id, sealed)`,
    [ids, ids.map((id, at) => sealedBy(at)?.seal(Buffer.from(`${at}@example.com`), id) ?? null)],
  );
  const rewrap = service.app.get(Rewrap);
  const rows = { 'mail_outbox.address_sealed': { anew: 1_200, unopenable: 1 } };
  expect(await rewrap.run(caller, { isDryRun: true })).toMatchObject({ rows, untouched: 1 });
  expect(await rewrap.run(caller, { isDryRun: false })).toMatchObject({ rows });
  const stored = await service.query<{ id: string; address_sealed: Buffer | null }>(
    'SELECT id, address_sealed FROM mail_outbox ORDER BY id',
  );
  const opened = stored.map(({ id, address_sealed }, at) =>
    address_sealed && at !== 8 ? now?.open(address_sealed, id).toString() : address_sealed,
  );
  expect(opened.filter((address, at) => address !== `${at}@example.com`)).toEqual([null, stored[8]?.address_sealed]);
  expect(await rewrap.run(caller, { isDryRun: false })).toMatchObject({
    rows: { 'mail_outbox.address_sealed': { anew: 0, unopenable: 1 } },
  });
});

it('L4: a rewrap seals the seeds of authenticators anew, each for its own row, and their codes still count', async () => {
  const databaseUrl = await cloneDatabase();
  const before = await startServiceForTest({}, { databaseUrl });
  const [one, other] = [await enrolled(before), await enrolled(before)];
  const service = await startServiceForTest(both, { databaseUrl });
  const seeds = { 'totp_authenticators.secret_sealed': { anew: 2, unopenable: 0 } };
  expect(await service.app.get(Rewrap).run(caller, { isDryRun: false })).toMatchObject({ rows: seeds });
  const onlyPresent = await startServiceForTest({ KEY_ENCRYPTION_KEY: present }, { databaseUrl });
  for (const { person, code } of [one, other]) {
    const ticket = await ticketOf(onlyPresent, person);
    expect((await factor(onlyPresent, { ticket, totp: await code() })).status).toBe(200);
  }
  await onlyPresent.query(`UPDATE totp_authenticators SET id = gen_random_uuid() WHERE user_id = $1`, [one.userId]);
  const again = await service.app.get(Rewrap).run(caller, { isDryRun: true });
  expect(again.rows['totp_authenticators.secret_sealed']).toEqual({ anew: 0, unopenable: 1 });
});

it('an installation of an older release receives the secret of mail at its next start, and only under the right key', async () => {
  const databaseUrl = await cloneDatabase();
  const before = await startServiceForTest({}, { databaseUrl });
  await before.query(`DELETE FROM server_secrets WHERE name = 'derivation'`);
  const secrets = () => before.query(`SELECT sealed FROM server_secrets WHERE name = 'derivation'`);
  await expect(startServiceForTest({ KEY_ENCRYPTION_KEY: present }, { databaseUrl })).rejects.toThrow(/does not open/);
  expect(await secrets()).toEqual([]);
  await Promise.all([startServiceForTest({}, { databaseUrl }), startServiceForTest({}, { databaseUrl })]);
  const made = await secrets();
  expect(made).toHaveLength(1);
  await startServiceForTest({}, { databaseUrl });
  expect(await secrets()).toEqual(made);
});

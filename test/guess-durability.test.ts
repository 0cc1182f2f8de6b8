// What a crash of PostgreSQL may lose of the budgets of guesses: the favour of a right guess, never a charge or a reset.
import pg from 'pg';
import { expect, it, onTestFinished } from 'vitest';
import { call, register } from './support/client.js';
import { mailed } from './support/one-time-tokens.js';
import { cloneDatabase, startService } from './support/service.js';

/** Writes down whether each commit that touched a budget waited for the disk, and what the budget stood at. */
const WATCH = `
  CREATE TABLE commits (id serial, failures int, waits text);
  CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    INSERT INTO public.commits (failures, waits) VALUES (NEW.failures, current_setting('synchronous_commit'));
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER note_commit AFTER INSERT OR UPDATE ON guess_budgets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_commit();`;

it('a charge and a reset wait for the disk, the favour of a right guess does not', async () => {
  const databaseUrl = await cloneDatabase();
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  onTestFinished(() => owner.end());
  // The server of the tests never waits for the disk: it is told to, for this database.
  await owner.query(`ALTER DATABASE ${new URL(databaseUrl).pathname.slice(1)} SET synchronous_commit = on`);
  await owner.query(WATCH);
  const service = await startService({}, { databaseUrl });
  onTestFinished(() => service.stop());
  const commits = async () => {
    const rows = await service.query<{ text: string }>(
      `SELECT format('%s %s', failures, waits) AS text FROM commits ORDER BY id`,
    );
    await service.query('TRUNCATE commits');
    return rows.map(({ text }) => text);
  };

  const person = await register(service.url);
  const signIn = (password: string) =>
    call(service.url, 'POST', '/auth/login', { body: { email: person.email, password, transport: 'bearer' } });
  expect((await signIn('wrong')).status).toBe(401);
  expect(await commits()).toEqual(['1 on', '1 on']);
  expect((await signIn(person.password)).status).toBe(200);
  expect(await commits()).toEqual(['2 on', '2 on', '0 off', '0 off']);

  expect((await signIn('wrong')).status).toBe(401);
  await commits();
  const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
  const { token } = await mailed(service, user?.id ?? '', 'reset');
  const newPassword = 'quite another passphrase';
  expect((await call(service.url, 'POST', '/auth/password/reset', { body: { token, newPassword } })).status).toBe(204);
  expect(await commits()).toEqual(['0 on']);
});

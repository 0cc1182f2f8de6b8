// The operator's commands for services, as a process of its own beside a running service, without its key.
import { expect, it, onTestFinished } from 'vitest';
import { noteSecret } from './support/leaks.js';
import { checkout, command } from './support/process.js';
import { startService } from './support/service.js';
import { grant, introspect } from './support/services.js';
import { databaseSettings } from './support/settings.js';

it('adds, lists, changes and removes services, and shows a secret once', async () => {
  const service = await startService();
  onTestFinished(() => service.stop());
  const secrets: unknown[] = []; // searched for when the service stops; the commands themselves show them
  onTestFinished(() => secrets.forEach((secret) => noteSecret(secret, 'the secret of a service')));
  const folder = checkout();
  const settings = databaseSettings(service.databaseUrl);
  const json = async (code: number, ...args: string[]) => {
    const done = await command(folder, ['cli', 'services', ...args, '--json'], settings);
    expect([args, done.code]).toEqual([args, code]);
    const { database: _, ...result } = JSON.parse(done.stdout);
    secrets.push(result.secret);
    return result;
  };
  const rights = ['--scope', 'introspect', '--scope', 'orders.read', '--resource', 'http://auth.test'];
  const shown = { scopes: ['introspect', 'orders.read'], audiences: [], resources: ['http://auth.test'] };

  expect(await json(0, 'add', 'orders', ...rights, '--dry-run')).toEqual({ dryRun: true, service: 'orders', ...shown });
  expect(await json(0, 'list')).toEqual({ services: [] });
  const { clientId, secret, ...added } = await json(0, 'add', 'orders', ...rights);
  expect(added).toEqual({ dryRun: false, service: 'orders', ...shown });
  const [first, client] = [secret, { name: 'orders', clientId, secret }];
  expect((await introspect(service.url, client, 'x')).status).toBe(200);
  expect((await grant(service.url, client)).json['scope']).toBe('introspect orders.read');
  for (const more of [[], ['--dry-run']])
    expect((await json(1, 'add', 'orders', ...more)).error.code).toBe('service_exists');

  const listed = { name: 'orders', clientId, ...shown, removedAt: null };
  expect((await json(0, 'list')).services).toEqual([
    { ...listed, createdAt: expect.stringMatching(/^\d{4}-.*Z$/), rotatedAt: null, isRotating: false },
  ]);

  expect((await json(1, 'rotate-secret', 'orders', '--end-previous')).error.code).toBe('no_previous_secret');
  const dry = await json(0, 'rotate-secret', 'orders', '--dry-run');
  expect(dry).toEqual({ dryRun: true, service: 'orders', clientId });
  const second = (await json(0, 'rotate-secret', 'orders')).secret;
  for (const each of [first, second])
    expect((await introspect(service.url, { ...client, secret: each }, 'x')).status).toBe(200);
  expect((await json(0, 'list')).services[0]).toMatchObject({ isRotating: true, rotatedAt: expect.any(String) });
  const ending = ['rotate-secret', 'orders', '--end-previous'];
  expect((await json(0, ...ending, '--dry-run')).dryRun).toBe(true);
  expect((await introspect(service.url, client, 'x')).status).toBe(200);
  await json(0, ...ending);
  expect((await introspect(service.url, client, 'x')).status).toBe(401);

  const people = await command(folder, ['cli', 'services', 'list'], settings);
  expect(people.stdout).toMatch(
    /^orders {2}svc_\S+ {2}since \S+ {2}scopes: introspect orders\.read {2}resources: \S+\n$/,
  );
  for (const text of [first, second]) expect(people.output).not.toContain(text);

  expect((await json(0, 'remove', 'orders', '--dry-run')).dryRun).toBe(true);
  expect((await introspect(service.url, { ...client, secret: second }, 'x')).status).toBe(200);
  expect(await json(0, 'remove', 'orders')).toEqual({ dryRun: false, service: 'orders', clientId });
  expect((await introspect(service.url, { ...client, secret: second }, 'x')).status).toBe(401);
  for (const args of [
    ['remove', 'orders'],
    ['rotate-secret', 'orders'],
  ])
    expect((await json(1, ...args)).error.code).toBe('no_such_service');
  const again = await json(0, 'add', 'orders');
  expect(again.clientId).not.toBe(clientId); // nothing of the old one comes back
  expect(
    (await json(0, 'list', '--all')).services.map((each: { removedAt: unknown }) => each.removedAt !== null),
  ).toEqual([true, false]);

  const events = await service.query<{ type: string; user_agent: string; details: object }>(
    `SELECT type, user_agent, details FROM audit_events WHERE details->>'clientId' = $1 ORDER BY at, id`,
    [clientId],
  );
  expect(events.map(({ type }) => type)).toEqual([
    'service.added',
    'service.secret_rotated',
    'service.secret_ended',
    'service.removed',
  ]);
  for (const { user_agent: agent } of events) expect(agent).toMatch(/^cli \S+@\S+$/);
}, 300_000);

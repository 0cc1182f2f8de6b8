// What the revocation feed is told of services: the lowest good version, and single tokens.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../src/database/database.js';
import { endedServices, endedServiceTokens } from '../src/siblings/service-ends.js';
import { decode } from './support/client.js';
import { type Service, startService } from './support/service.js';
import { addService, endPrevious, removed, revoke, rotated, tokenOf } from './support/services.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

async function ended(): Promise<Record<string, number>> {
  const { rows } = await service.app.get(Database).execute<{ sub: string; version: number }>(endedServices);
  return Object.fromEntries(rows.map(({ sub, version }) => [sub, version]));
}

describe('the ends of services', () => {
  it('name a service once tokens of it are dead, with the lowest version that is still good', async () => {
    const client = await addService(service);
    const { clientId } = client;
    expect((await ended())[clientId]).toBeUndefined();
    await rotated(service, client);
    expect((await ended())[clientId]).toBeUndefined(); // both secrets count, and their tokens
    await endPrevious(service, client);
    expect((await ended())[clientId]).toBe(2);
    await rotated(service, client);
    await rotated(service, client);
    expect((await ended())[clientId]).toBe(3);
    await removed(service, client);
    expect((await ended())[clientId]).toBe(5); // above every token that it has got
    await service.advance(1_000);
    expect((await ended())[clientId]).toBe(5);
    await service.advance(100);
    expect((await ended())[clientId]).toBeUndefined(); // every token of it has expired
  });

  it('name a single token until it would have expired', async () => {
    const client = await addService(service, { resources: ['http://auth.test'] });
    const token = await tokenOf(service.url, client);
    await revoke(service.url, client, token);
    const tokens = async () =>
      (await service.app.get(Database).execute<{ jti: string }>(sql`${endedServiceTokens}`)).rows.map(({ jti }) => jti);
    expect(await tokens()).toEqual([decode(token)['jti']]);
    await service.advance(1_100);
    expect(await tokens()).toEqual([]);
  });
});

// What a client does where the network takes a request and gives no answer.
import { afterEach, expect, it, vi } from 'vitest';
import { createClient } from './main.js';

afterEach(() => vi.useRealTimers());

it('restore() gives up after half a minute without an answer, and signs nobody out', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const silent = () => new Promise<Response>(() => undefined);
  const auth = createClient({ issuer: 'https://auth.example.com', transport: 'cookie', fetch: silent });
  const events: string[] = [];
  auth.subscribe(({ type }) => events.push(type));
  const outcome = auth.restore().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(await outcome).toMatchObject({ name: 'TimeoutError' });
  expect(events).toEqual([]);
  auth.close();
});

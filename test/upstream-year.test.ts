// A year at a provider that rotates its keys every hour, with sign-ins in flight. Date and the database's time are moved; the
// provider keeps the previous key published, as providers do.
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Provider } from 'oidc-provider';
import { expect, it, onTestFinished, vi } from 'vitest';
import { KeyRing } from '../src/keys/key-ring.js';
import type { Service } from './support/service.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

/** A whole year has 8,760 hours: `UPSTREAM_HOURS=8760`. 365 take 20 s on two idle cores. */
const HOURS = Number(process.env['UPSTREAM_HOURS'] ?? 365);
/** Making keys takes longer than signing in; each comes back under another kid. */
const KEY_PAIRS = 4;

type Initialize = (this: Provider, jwks: { keys: JWK[] }) => void;

/** oidc-provider takes its keys at its start only: here they are put in anew. */
async function rotation(provider: Provider): Promise<() => void> {
  const path = 'oidc-provider/lib/helpers/initialize_keystore.js';
  const { default: initialize } = (await import(path)) as { default: Initialize };
  const pairs = await Promise.all(
    Array.from({ length: KEY_PAIRS }, async () => {
      const { privateKey } = await generateKeyPair('RS256', { extractable: true });
      return exportJWK(privateKey);
    }),
  );
  let previous: JWK[] = [];
  let turn = 0;
  return () => {
    const next = { ...pairs[turn++ % KEY_PAIRS], kid: randomUUID(), alg: 'RS256', use: 'sig' };
    initialize.call(provider, { keys: [next, ...previous] });
    previous = [next];
  };
}

async function passHour(service: Service): Promise<void> {
  await service.query(`UPDATE test_clock SET shift = shift + interval '1 hour'`);
  await service.app.get(KeyRing).poll();
  const [row] = await service.query<{ now: Date }>('SELECT protocol_now() AS now');
  if (row) vi.setSystemTime(row.now);
}

it(`signs in through ${HOURS} hourly rotations of the provider's keys without one failure`, async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  await linkedUser(service, upstream.issuer, 'ada');
  const rotate = await rotation(upstream.provider);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const [before, during] = [new UpstreamBrowser(service.url), new UpstreamBrowser(service.url)];
  const outcomes = new Map<string, number>();
  const note = ({ status, headers }: { status: number; headers: Record<string, unknown> }) => {
    const outcome = `${status} ${String(headers['location'])}`;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  for (let hour = 0; hour < HOURS; hour++) {
    await passHour(service);
    // The provider's own session lasts a day: who comes in its last second is refused there.
    if (hour % 20 === 0) for (const { theirs } of [before, during]) theirs.clear();
    // Signed in there, and not yet back: the ID token is signed with a key that nobody here has seen.
    const callback = await before.atProvider(await before.begin(), 'ada');
    const back = await during.atProvider(await during.begin(), 'ada');
    const inFlight = during.navigate(back);
    // Every other hour the keys were fetched a moment ago, and are out of date already.
    if (hour % 2 === 0) await inFlight;
    rotate();
    note(await inFlight);
    note(await before.navigate(callback));
  }
  const refused = service.log.filter(({ event }) => event === 'upstream.refused');
  expect(refused).toEqual([]);
  expect([...outcomes]).toEqual([['303 http://auth.test/account', HOURS * 2]]);
}, 3_600_000);

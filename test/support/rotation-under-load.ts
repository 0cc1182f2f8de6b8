// A rotation under load: three instances, one of which no longer polls, and third-party verifiers.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import jsonwebtoken, { type GetPublicKeyOrSecret } from 'jsonwebtoken';
import jwksRsa from 'jwks-rsa';
import { expect, onTestFinished } from 'vitest';
import { KeyRing } from '../../src/keys/key-ring.js';
import { KeyStore } from '../../src/keys/key-store.js';
import { KeyWatch } from '../../src/keys/key-watch.js';
import { planRotation, policyOf } from '../../src/keys/rotation.js';
import { Config } from '../../src/config/config.js';
import { decode, me, mobile, refresh } from './client.js';
import { cloneDatabase, type Service, startService } from './service.js';
import { until } from './until.js';

export interface Verifier {
  readonly name: string;
  /** @throws or returns why it refuses the token */
  readonly verify: (token: string) => Promise<string | undefined>;
}

/** Instances whose rotation is due, and whose standby was published a little more than W1 ago. */
export async function startFleet(size: number): Promise<Service[]> {
  const databaseUrl = await cloneDatabase();
  const fleet = await Promise.all(
    Array.from({ length: size }, () => startService({ RATE_LIMITS: 'off' }, { databaseUrl })),
  );
  onTestFinished(async () => {
    for (const service of fleet) await service.stop();
  });
  // Its time is behind the verifiers', which check `iat` and `exp` by their own clocks.
  const [first] = fleet as [Service];
  await first.query(`UPDATE signing_keys SET published_at = published_at - interval '26 hours',
    activate_at = activate_at - interval '26 hours'`);
  await setTime(fleet, -120);
  await Promise.all(fleet.map(({ app }) => app.get(KeyRing).reload()));
  return fleet;
}

/** Moves the database's time and that of every process. */
export async function setTime(fleet: readonly Service[], seconds: number): Promise<void> {
  await fleet[0]!.query(`UPDATE test_clock SET shift = make_interval(secs => $1)`, [seconds]);
  for (const { clock } of fleet) clock.shiftSeconds = seconds;
}

/** Sends each request for the key set to the next instance, as a load balancer does. */
export async function startFront(fleet: readonly Service[]): Promise<{ url: string; served: () => number }> {
  let served = 0;
  const server = createServer((request, response) => {
    const { url } = fleet[served++ % fleet.length]!;
    fetch(url + request.url).then(
      async (answer) => {
        const type = { 'content-type': answer.headers.get('content-type') ?? '' };
        const cache = {
          'cache-control': answer.headers.get('cache-control') ?? '',
          etag: answer.headers.get('etag') ?? '',
        };
        response.writeHead(answer.status, { ...type, ...cache }).end(await answer.text());
      },
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/.well-known/jwks.json`, served: () => served };
}

export interface Outcome {
  /** The number of tokens that each verifier, including our own guard, has checked. */
  readonly shown: Record<string, number>;
  readonly refused: string[];
  /** The signing keys, in the order of their first token. */
  readonly kids: string[];
}

/**
 * Signs in and refreshes at every instance and sends each token to every instance and every verifier, while a rotation
 * happens; one instance has stopped polling before the rotation was recorded.
 */
export async function rotateUnderLoad(
  fleet: Service[],
  verifiers: readonly Verifier[],
  isForced = false,
): Promise<Outcome> {
  const [first, , last] = fleet as [Service, Service, Service];
  const outcome: Outcome = { shown: {}, refused: [], kids: [] };
  const callers = await Promise.all(fleet.map(async ({ url }) => ({ url, tokens: await mobile(url) })));
  const state = { isRunning: true };
  const show = async (token: string) => {
    const { kid } = decode(token, 0) as { kid: string };
    if (!outcome.kids.includes(kid)) outcome.kids.push(kid);
    const guards = fleet.map(({ url }, index) => ({
      name: `guard ${index}`,
      verify: async () => {
        const { status, text } = await me(url, token);
        return status === 200 ? undefined : `${status} ${text}`;
      },
    }));
    await Promise.all(
      [...guards, ...verifiers].map(async ({ name, verify }) => {
        const objection = await verify(token).catch(String);
        outcome.shown[name] = (outcome.shown[name] ?? 0) + 1;
        if (objection !== undefined) outcome.refused.push(`${name}, kid ${kid}: ${objection}`);
      }),
    );
  };
  const guardsAnd = (others: readonly Verifier[]) => [
    ...fleet.map((_, index) => `guard ${index}`),
    ...others.map(({ name }) => name),
  ];
  const load = Promise.all(
    callers.map(async (caller) => {
      let { accessToken, refreshToken } = caller.tokens as { accessToken: string; refreshToken: string };
      while (state.isRunning) {
        await show(accessToken);
        const answer = await refresh(caller.url, refreshToken);
        if (answer.status !== 200) {
          outcome.refused.push(`refresh: ${answer.text}`);
          break;
        }
        ({ accessToken, refreshToken } = answer.json as { accessToken: string; refreshToken: string });
        await sleep(20);
      }
    }),
  );
  const leastShown = () => Math.min(...guardsAnd(verifiers).map((name) => outcome.shown[name] ?? 0));
  await until('every verifier has checked tokens', () => leastShown() > 15);
  last.app.get(KeyWatch).onApplicationShutdown();
  const policy = policyOf(first.app.get(Config));
  const plan = await first.app.get(KeyStore).change((keys, now) => planRotation(keys, now, policy, isForced), null);
  expect(plan).toHaveLength(3);
  const isTold = ({ app }: Service) => app.get(KeyRing).keys.some(({ retireAt }) => retireAt !== null);
  await until('the other two know the rotation', () => fleet.slice(0, 2).every(isTold));
  await setTime(fleet.slice(0, 2), -30); // after the hand-over, where the clock of the third stays
  await until('the next key signs', () => outcome.kids.length === 2 || outcome.refused.length > 0);
  const before = leastShown();
  await until('its tokens have been checked', () => leastShown() > before + 15 || outcome.refused.length > 0);
  state.isRunning = false;
  await load;
  return outcome;
}

/** Third-party verifiers with their default settings. */
export function npmVerifiers(jwksUri: string): Verifier[] {
  const claims = { issuer: 'http://auth.test', audience: 'http://auth.test' };
  const remote = createRemoteJWKSet(new URL(jwksUri));
  const client = jwksRsa({ jwksUri });
  const keyOf: GetPublicKeyOrSecret = (header, done) =>
    void client.getSigningKey(header.kid).then((key) => done(null, key.getPublicKey()), done);
  return [
    {
      name: "jose's createRemoteJWKSet",
      verify: (token) => jwtVerify(token, remote, claims).then(() => undefined),
    },
    {
      name: 'jwks-rsa with jsonwebtoken',
      verify: (token) =>
        new Promise((done) => jsonwebtoken.verify(token, keyOf, claims, (error) => done(error?.message))),
    },
  ];
}

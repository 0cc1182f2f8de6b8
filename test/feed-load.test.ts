// Many followers, and some that mean harm (F7). Figures of time are in bench/; these are facts.
import { execFileSync, fork } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { call, mobile } from './support/client.js';
import { collectedHeap } from './support/collected-heap.js';
import { ask } from './support/feed.js';
import { figure, logout } from './support/instances.js';
import { type Service, startServiceForTest } from './support/service.js';
import { until } from './support/until.js';

/** Each follower needs a file here, and one in the process of the followers. */
const FILES = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }));
const FOLLOWERS = Math.min(10_000, FILES - 2_000);
/** Ten thousand connections take half a minute on two idle cores, and ten times as long beside busy neighbours. */
const PATIENCE_MS = 400_000;
const KIB = 1_024;

const held = (service: Service) => figure(service, 'watchword_feed_followers{state="held"}');
const portOf = ({ url }: Service) => new URL(url).port;
const etagOf = async ({ url }: Service) => (await ask(url)).headers['etag'] as string;

async function reads(service: Service): Promise<number> {
  const of = (outcome: string) => figure(service, `watchword_feed_reads_total{outcome="${outcome}"}`);
  return (await of('changed')) + (await of('unchanged')) + (await of('failed'));
}

interface Seen {
  readonly news: number;
  readonly confirmed: number;
  readonly others: number;
  readonly etags: readonly string[];
}

it(
  `${FOLLOWERS} followers cost one read a second and bounded memory, and all learn of a logout from one signature (F7)`,
  async () => {
    const service = await startServiceForTest({ FEED_FOLLOWERS: String(Math.max(FOLLOWERS, 4)), RATE_LIMITS: 'off' });
    const phone = await mobile(service.url);
    const etag = await etagOf(service);
    const before = await collectedHeap();
    const crowd = fork('test/support/many-followers.mjs', [portOf(service), String(FOLLOWERS), etag]);
    onTestFinished(() => void crowd.kill('SIGKILL'));
    const seen = () =>
      new Promise<Seen>((done) => {
        crowd.once('message', (message) => done(message as Seen));
        crowd.send('how many?');
      });
    await until('all are held', async () => (await held(service)) === FOLLOWERS, PATIENCE_MS);
    expect(((await collectedHeap()) - before) / FOLLOWERS).toBeLessThan(64 * KIB);

    const [from, first] = [performance.now(), await reads(service)];
    await until('five more reads', async () => (await reads(service)) >= first + 5);
    // Four pauses of a second. A read counts when it ends, and one may take long.
    expect(performance.now() - from).toBeGreaterThan(3_000);
    expect((await call(service.url, 'GET', '/health/live')).status).toBe(200);

    const signatures = () => figure(service, 'watchword_feed_signatures_total{of="document"}');
    const signed = await signatures();
    await logout(service, phone);
    await until('all have the news', async () => (await seen()).news === FOLLOWERS, PATIENCE_MS);
    const { others, etags } = await seen();
    expect([others, etags]).toEqual([0, [await etagOf(service)]]);
    expect((await signatures()) - signed).toBeLessThanOrEqual(2);
  },
  3 * PATIENCE_MS,
);

it('a follower that never reads costs no copy of the document, and loses its connection', async () => {
  const service = await startServiceForTest({ RATE_LIMITS: 'off' });
  const phone = await mobile(service.url);
  await service.query(
    `INSERT INTO access_revocations (user_id, kind, ref, expires_at)
     SELECT $1, 's', gen_random_uuid(), protocol_now() + interval '17 minutes' FROM generate_series(1, 100000)`,
    [phone.user.id],
  );
  const size = (await ask(service.url)).text.length;
  expect(size).toBeGreaterThan(3_000 * KIB);
  const before = await collectedHeap();
  const sockets: Socket[] = [];
  const begun = { count: 0 };
  for (let n = 0; n < 40; n++) {
    const socket = connect(Number(portOf(service)), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.once('data', () => {
      begun.count += 1;
      socket.pause();
    });
    socket.write('GET /.well-known/revocations HTTP/1.1\r\nHost: auth.test\r\n\r\n'.repeat(8));
    sockets.push(socket);
  }
  onTestFinished(() => void sockets.map((socket) => socket.destroy()));
  await until('each has begun to receive', () => begun.count === 40);
  expect((await call(service.url, 'GET', '/health/live')).status).toBe(200);
  expect((await collectedHeap()) - before).toBeLessThan(5 * size); // and not forty times
  const open = () =>
    new Promise<number>((done) =>
      service.app.getHttpServer().getConnections((_: unknown, count: number) => done(count)),
    );
  await until('the service has ended their connections', async () => (await open()) === 0, 60_000);
}, 90_000);

it('a client that pipelines many requests that wait has one place, and none when it is gone', async () => {
  const service = await startServiceForTest();
  const etag = await etagOf(service);
  const question = `GET /.well-known/revocations?wait=20 HTTP/1.1\r\nHost: auth.test\r\nIf-None-Match: ${etag}\r\n\r\n`;
  const socket = connect(Number(portOf(service)), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.write(question.repeat(50));
  await until('it is held', async () => (await held(service)) > 0);
  expect((await call(service.url, 'GET', '/health/live')).status).toBe(200); // a turn later
  expect(await held(service)).toBe(1);
  socket.destroy();
  await until('its place is free', async () => (await held(service)) === 0, 5_000);
});

// The range API of breached passwords: what leaves, what is believed, and that its failure stops nobody.
import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { bearer, call, mobile, somebody } from './support/client.js';
import { figure } from './support/instances.js';
import { type Service, startServiceForTest } from './support/service.js';

const breached = 'a phrase that was breached';
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase();
const padding = Array.from({ length: 800 }, (_, at) => `${sha1(String(at)).slice(5)}:0\r\n`).join('');
const entry = (text: string, count: number) => `${sha1(text).slice(5)}:${count}\r\n`;

/** @returns its URL, and what it was asked */
async function rangeApi(answer: RequestListener) {
  const asked: { url: string | undefined; headers: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url, headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}/range`, asked };
}

const checks = (service: Service, outcome: string) =>
  figure(service, `watchword_password_breach_checks_total{outcome="${outcome}"}`);
const signUp = (service: Service, password: string) =>
  call(service.url, 'POST', '/auth/register', { body: { ...somebody(), password } });

it('is refused at registration and at a change', async () => {
  const api = await rangeApi((_, response) => response.end(padding + entry(breached, 3)));
  const service = await startServiceForTest({ PASSWORD_BREACH_URL: `${api.url}/` });
  const { accessToken, person } = await mobile(service.url);
  const body = { currentPassword: person.password, newPassword: breached };
  const changed = await call(service.url, 'POST', '/auth/password', { body, headers: bearer(accessToken) });
  const message = expect.stringContaining('known from a breach');
  expect([changed.status, changed.json['errors']]).toEqual([422, [{ path: 'newPassword', message }]]);
  const answer = await signUp(service, breached);
  expect([answer.status, answer.json['code']]).toEqual([422, 'password_rejected']);
  expect(answer.json['errors']).toEqual([{ path: 'password', message }]);
  expect([await checks(service, 'breached'), await checks(service, 'unknown')]).toEqual([2, 1]);
});

it('of a password five characters of its SHA-1 leave, and only when it is chosen and passed every other rule', async () => {
  const api = await rangeApi((_, response) => response.end(padding));
  const service = await startServiceForTest({ PASSWORD_BREACH_URL: api.url });
  const { person } = await mobile(service.url);
  await signUp(service, 'short');
  expect(api.asked.map(({ url }) => url)).toEqual([`/range/${sha1(person.password).slice(0, 5)}`]);
  expect(api.asked[0]?.headers).toMatchObject({ 'add-padding': 'true', 'user-agent': 'watchword' });
});

it('an entry that is there for padding only refuses nothing', async () => {
  const api = await rangeApi((_, response) => response.end(padding + entry(breached, 0)));
  const service = await startServiceForTest({ PASSWORD_BREACH_URL: api.url });
  expect((await signUp(service, breached)).status).toBe(201);
});

it.each<[string, RequestListener]>([
  ['does not answer', () => undefined],
  ['begins an answer and does not end it', (_, response) => void response.write(padding)],
  ['answers 503', (_, response) => void response.writeHead(503).end(entry(breached, 3))],
  ['sends elsewhere', (_, response) => void response.writeHead(302, { location: '/range/00000' }).end()],
  ['answers with a page', (_, response) => void response.end('<html>Sign in to the network</html>')],
  ['answers without end', (_, response) => void response.end(padding.repeat(100) + entry(breached, 3))],
  ['hangs up', (request) => void request.socket.destroy()],
])('an API that %s stops nobody: it is logged and counted', async (_, answer) => {
  const api = await rangeApi(answer);
  const service = await startServiceForTest({ PASSWORD_BREACH_URL: api.url });
  expect((await signUp(service, breached)).status).toBe(201);
  expect(await checks(service, 'failed')).toBe(1);
  expect(api.asked.length).toBe(1);
  const lines = service.log.filter(({ event }) => event === 'password.breach_check_failed');
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', reason: expect.any(String) })]);
});

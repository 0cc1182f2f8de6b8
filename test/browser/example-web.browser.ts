// examples/web, started as a newcomer starts it, in a real Chromium beside a real issuer.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { english } from '../support/account-page.js';
import { barriersOn, pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { bearer, call, mobile, type Person, register } from '../support/client.js';
import { copyOfExamples, type Example, exampleOf, removed } from '../support/example-process.js';
import { freePort } from '../support/process.js';
import { type Service, startService } from '../support/service.js';

let browser: Browser;
let folder: string;
let service: Service;
let example: Example;
let [issuer, app] = ['', ''];

beforeAll(async () => {
  folder = copyOfExamples(['verifier', 'client']);
  const [port, appPort] = [await freePort(), await freePort()];
  [issuer, app] = [`http://localhost:${port}`, `http://localhost:${appPort}`];
  service = await startService({ PORT: String(port), PUBLIC_URL: issuer, ALLOWED_ORIGINS: app });
  example = await exampleOf(folder, 'web', issuer, appPort);
  browser = await startBrowser();
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await example?.stop();
  await service?.stop();
  removed(folder);
});

const opened = () => pageOf(browser, { locale: 'en-GB' });

async function fillIn(page: Page, person: Person): Promise<void> {
  await page.getByLabel(english('email')).fill(person.email);
  await page.getByLabel(english('password'), { exact: true }).fill(person.password);
  await page.getByRole('button', { name: english('sign-in.submit'), exact: true }).click();
}

/** By the way that a person takes: from the app to the sign-in page and back. */
async function signIn(page: Page): Promise<Person> {
  const person = await register(service.url);
  await page.goto(app);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.waitForURL(`${issuer}/account/sign-in?**`);
  await fillIn(page, person);
  await page.waitForURL(`${app}/`);
  await page.getByText(`Signed in as ${person.email}`).waitFor();
  return person;
}

async function addNote(page: Page, text: string): Promise<void> {
  await page.getByLabel('New note').fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
  await page.getByRole('listitem').filter({ hasText: text }).waitFor();
}

/** An empty page on another port of this machine: of the same site, but not ours. */
async function foreignPage(): Promise<string> {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>Hello</p>'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://localhost:${address.port}/`;
}

describe('the example of a web app', () => {
  it('sends people to the sign-in page and has them back signed in, with notes that only they see', async () => {
    const page = await opened();
    await signIn(page);
    await addNote(page, 'milk');
    await page.reload();
    await page.getByRole('listitem').filter({ hasText: 'milk' }).waitFor();

    const other = await opened();
    await signIn(other);
    expect(await other.getByRole('listitem').count()).toBe(0);
  });

  it('says within two seconds that the session was ended on another device, and why signing in is needed', async () => {
    const page = await opened();
    const phone = await mobile(service.url, await signIn(page));
    const ended = await call(service.url, 'DELETE', '/auth/sessions', { headers: bearer(phone.accessToken) });
    const since = performance.now();
    expect(ended.status).toBe(204);
    const heading = page.getByRole('heading', { name: 'You have been signed out' });
    await heading.waitFor({ timeout: 10_000 });
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('You have been signed out');
    expect(await page.getByText('Signed in as').isVisible()).toBe(false);
  });

  it('signs the other tab out with the one that signs out', async () => {
    const page = await opened();
    await signIn(page);
    const second = await page.context().newPage();
    await second.goto(app);
    await second.getByText('Signed in as').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    for (const tab of [page, second]) await tab.getByText('waiting behind a sign-in').waitFor({ timeout: 2_000 });
  });

  it('goes on when the access token has expired: one refresh, and the note is added', async () => {
    const page = await opened();
    await signIn(page);
    const refreshes: string[] = [];
    page.on('request', (request) => void (request.url().endsWith('/auth/refresh') && refreshes.push(request.method())));
    await page.context().clearCookies({ name: 'access_token' });
    await addNote(page, 'bread');
    expect(refreshes).toEqual(['POST']);
  });

  it('takes no note from a page of another port, although the browser sends the cookie along', async () => {
    const page = await opened();
    await signIn(page);
    await page.goto(await foreignPage());
    const [answer] = await Promise.all([
      page.waitForResponse(`${app}/api/notes`),
      page.evaluate(
        (url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: 'planted' }),
        `${app}/api/notes`,
      ),
    ]);
    expect(answer.status()).toBe(403); // without the cookie it would be 401
    await page.goto(app);
    await page.getByText('Signed in as').waitFor();
    await addNote(page, 'mine');
    expect(await page.getByRole('listitem').allInnerTexts()).toEqual(['mine']);
  });

  it('ignores a return_to to a foreign origin: the person stays at the issuer', async () => {
    const page = await opened();
    const visited: string[] = [];
    page.on('framenavigated', (frame) => void visited.push(new URL(frame.url()).origin));
    for (const foreign of ['https://evil.example/', `${app}.evil.example/`, 'javascript:alert(1)']) {
      await page.goto(`${issuer}/account/sign-in?return_to=${encodeURIComponent(foreign)}`);
      await fillIn(page, await register(service.url));
      await page.waitForURL(({ pathname }) => /^\/account\/?$/.test(pathname));
      await page.context().clearCookies();
    }
    expect(new Set(visited)).toEqual(new Set([issuer]));
  });

  it('goes on after requests that are no requests of a page: an odd address, a note that breaks off', async () => {
    const { accessToken } = await mobile(service.url);
    const note = `POST /api/notes HTTP/1.1\r\nauthorization: Bearer ${accessToken}\r\ncontent-length: 1000`;
    for (const head of ['GET // HTTP/1.1', `${note}\r\nexpect: 100-continue`]) {
      const socket = connect(Number(new URL(app).port), '127.0.0.1');
      socket.write(`${head}\r\nhost: localhost\r\n\r\n`);
      await Promise.race([once(socket, 'data'), once(socket, 'close')]); // it has read the head
      socket.destroy();
    }
    const page = await opened();
    await signIn(page);
    await addNote(page, 'still here');
  });

  it('keeps nobody out: axe finds no barrier, signed out and signed in', async () => {
    const page = await opened();
    await page.goto(app);
    await page.getByText('waiting behind a sign-in').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await signIn(page);
    expect(await barriersOn(page)).toEqual([]);
  });
});

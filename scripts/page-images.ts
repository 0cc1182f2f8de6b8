// Draws each account page in Chromium: both languages, light and dark, as wide as a phone and as a desk. The pictures go to
// a folder of the system for temporary files; with `--keep` the ones that the documentation shows also go to docs/images/.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startBrowser } from '../test/support/chromium.js';
import { adminScenes } from './admin-scenes.js';
import { freePort } from './free-port.js';
import { factorScenes } from './factor-scenes.js';
import { type Scene, scenes, type World } from './page-scenes.js';
import { sheetOf } from './screenshot.js';
import { upstreamScenes } from './upstream-scenes.js';

const FOLDER = join(tmpdir(), 'watchword-page-images');
const locales = ['en-GB', 'de-DE'] as const;
const schemes = ['light', 'dark'] as const;
const PHONE = { width: 390, height: 760 };
const DESK = { width: 1280, height: 800 };
const KEPT_WIDTH = 960;
const person = { email: 'ada@example.com', password: 'a passphrase of the reader' };
const userAgent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36';
const agents = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
];

/** The pictures of the documentation: English and light beside German and dark on a phone, or English and light on a desk. */
const kept: readonly [scene: string, size: typeof PHONE][] = [
  ['sign-in', PHONE],
  ['register-refused', PHONE],
  ['check-mail', PHONE],
  ['profile', PHONE],
  ['devices', DESK],
  ['activity', DESK],
  ['delete-proof', PHONE],
  ['factor-wrong', PHONE],
  ['factors', DESK],
  ['setup', PHONE],
  ['codes', PHONE],
  ['sign-in-link-required', PHONE],
  ['connections', DESK],
  ['admin-user-asked', DESK],
  ['admin-users', PHONE],
];

/** Nobody goes there: the pages only name them. */
const providers = [
  ['authentik', 'Authentik'],
  ['works', 'Example Works'],
].map(([id, label]) => ({
  ...{ id, label, issuer: `https://${id}.example.com/`, clientId: 'watchword', clientSecretEnv: 'PROVIDER_SECRET' },
  allowSignUp: id === 'authentik',
}));

async function startService(): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'watchword-pictured-'));
  const env = { PATH: process.env['PATH'], HOME: data, PORT: String(port), DATA_DIR: join(data, 'data') };
  const file = join(data, 'providers.json');
  writeFileSync(file, JSON.stringify(providers));
  const settings = {
    ...{ UPSTREAM_PROVIDERS: file, PROVIDER_SECRET: 'none' },
    RATE_LIMITS: 'off',
    MAGIC_LINKS: 'on',
    BRAND_NAME: 'Example',
    SUPPORT_CONTACT: 'help@example.com',
  };
  const child: ChildProcess = spawn(process.execPath, ['scripts/start.cjs'], {
    env: { ...env, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const url = `http://localhost:${port}`;
  while (!(await fetch(`${url}/health/ready`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error('The service did not start.');
    await sleep(100);
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, stop };
}

async function post(world: World, path: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  await fetch(`${world.url}${path}`, init);
}

/** A browser of the person, who is signed in on other devices, too. */
async function signedIn(browser: Browser, world: World, locale: string): Promise<BrowserContext> {
  const context = await browser.newContext({ locale, userAgent, timezoneId: 'Europe/Berlin' });
  const page = await context.newPage();
  await page.goto(`${world.url}/account/sign-in`);
  await page.locator('input[name=email]').fill(world.email);
  await page.locator('input[name=password]').fill(world.password);
  await page.locator('form button[type=submit]').click();
  await page.locator('nav').first().waitFor();
  await page.close();
  return context;
}

/** @returns the pictures by `locale scheme width` */
async function draw(page: Page, locale: string, taken: Map<string, Buffer>): Promise<void> {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const size of [PHONE, DESK]) {
      await page.setViewportSize(size);
      taken.set(`${locale} ${colorScheme} ${size.width}`, await page.screenshot({ fullPage: true }));
    }
  }
}

async function show(context: BrowserContext, scene: Scene, world: World): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${world.url}/account/${scene.path}`);
  await page.locator('h1').waitFor();
  await page.locator('.loading, .waiting').waitFor({ state: 'hidden' });
  await scene.act?.(page, world);
  return page;
}

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isKept = process.argv.includes('--keep');
mkdirSync(FOLDER, { recursive: true });
const service = await startService();
const browser = await startBrowser();
const world: World = { url: service.url, ...person };
await post(world, '/auth/register', person);
for (const agent of agents) await post(world, '/auth/login', { ...person, remember: true }, { 'user-agent': agent });
const sheet = await browser.newPage();
const contexts = new Map<string, BrowserContext>();
for (const locale of locales) {
  contexts.set(`${locale} out`, await browser.newContext({ locale, timezoneId: 'Europe/Berlin' }));
  contexts.set(`${locale} in`, await signedIn(browser, world, locale));
}
for (const scene of [...scenes, ...factorScenes, ...upstreamScenes, ...adminScenes].filter(
  ({ name }) => wanted.length === 0 || wanted.includes(name),
)) {
  const taken = new Map<string, Buffer>();
  for (const locale of locales) {
    const context = contexts.get(`${locale} ${scene.isSignedIn ? 'in' : 'out'}`);
    if (!context) continue;
    const page = await show(context, scene, world);
    await draw(page, locale, taken);
    await page.close();
  }
  const wide = (width: number) => [...taken].filter(([key]) => key.endsWith(` ${width}`)).map(([, shot]) => shot);
  writeFileSync(join(FOLDER, `${scene.name}.phone.png`), await sheetOf(sheet, wide(PHONE.width), 4, PHONE.width));
  writeFileSync(join(FOLDER, `${scene.name}.desk.png`), await sheetOf(sheet, wide(DESK.width), 2, DESK.width / 2));
  for (const [, { width }] of isKept ? kept.filter(([name]) => name === scene.name) : []) {
    const keys = width === PHONE.width ? [`en-GB light ${width}`, `de-DE dark ${width}`] : [`en-GB light ${width}`];
    const shots = keys.flatMap((key) => taken.get(key) ?? []);
    const picture = await sheetOf(sheet, shots, shots.length, width === PHONE.width ? width : KEPT_WIDTH);
    writeFileSync(`docs/images/account-${scene.name}.png`, picture);
  }
}
await browser.close();
await service.stop();
process.stdout.write(`The pictures are in ${FOLDER}.\n`);

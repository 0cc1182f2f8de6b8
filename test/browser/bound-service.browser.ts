// A page with a key against the real service, on another origin: the proof and the nonce pass CORS.
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from '../support/chromium.js';
import { startStage } from './support/tabs.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

const source = `
  import { bound, indexedDbKeys } from './bound.ts';
  import { createClient, memoryStorage } from './main.ts';
  globalThis.live = async ({ issuer, person, wrongByMs }) => {
    const clock = { now: () => Date.now() + wrongByMs };
    const options = { issuer, transport: 'bearer', storage: memoryStorage(), keys: indexedDbKeys(), clock };
    const auth = createClient(bound(options));
    await auth.signIn(person);
    await auth.refresh();
    const { sessions } = await (await auth.fetch(issuer + '/auth/sessions')).json();
    return { generation: auth.session.generation, bound: sessions.map(({ bound }) => bound) };
  };`;

declare const live: (given: object) => Promise<object>;

it.each([0, 86_400_000])('a page whose clock is %i ms wrong signs in, refreshes and is bound', async (wrongByMs) => {
  const { issuer, app, context, person } = await startStage(browser);
  const resolveDir = new URL('../../packages/client/src', import.meta.url).pathname;
  const { outputFiles } = await build({ stdin: { contents: source, resolveDir }, bundle: true, write: false });
  const page = await context.newPage();
  await page.goto(app);
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' });
  const outcome = await page.evaluate((given) => live(given), { issuer, person, wrongByMs });
  expect(outcome).toEqual({ generation: 1, bound: [true] });
});

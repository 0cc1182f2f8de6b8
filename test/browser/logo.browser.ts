// The logo of the account pages, in a real Chromium: it is shown, and nothing in it runs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { expectNoFindings, watchedPage } from '../support/account-page.js';
import { startBrowser } from '../support/chromium.js';
import { startServiceForTest } from '../support/service.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40" width="40" height="40">
  <style>rect { fill: #7c3aed }</style><rect width="40" height="40"/>
  <image href="http://elsewhere.example/spy.png"/>
  <script>document.documentElement.setAttribute('class', 'ran')</script>
</svg>`;

it('a logo with a script and a picture of another host is shown, runs nothing and loads nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-logo-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'logo.svg'), svg);
  const service = await startServiceForTest({ BRAND_LOGO_FILE: join(folder, 'logo.svg') });
  const watched = await watchedPage(browser);
  await watched.page.goto(`${service.url}/account/sign-in`);
  const logo = watched.page.locator('img[src*="/logo-"]');
  await logo.waitFor();
  const widthOf = (selector: string) =>
    `(async () => { const image = document.querySelector('${selector}'); await image.decode(); return image.naturalWidth })()`;
  expect(await watched.page.evaluate(widthOf('img[src*="/logo-"]'))).toBe(40);
  await expectNoFindings(watched);

  const own = await watchedPage(browser);
  await own.page.goto(`${service.url}${await logo.getAttribute('src')}`);
  await own.page.waitForLoadState('networkidle');
  expect(await own.page.evaluate('document.documentElement.getAttribute("class")')).toBeNull();
  // Chromium writes down what it would load, and the policy stops it: the script and the picture.
  expect(own.troubles.filter((line) => /violates|sandboxed/.test(line))).toHaveLength(2);
});

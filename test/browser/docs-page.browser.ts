// The page at /docs, in a real Chromium.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriersOn, pageOf } from '../support/browser.js';
import { startBrowser } from '../support/chromium.js';
import { documentedRoutes } from '../support/documented.js';
import { type Service, startService } from '../support/service.js';

let browser: Browser;
let service: Service;
beforeAll(async () => {
  service = await startService();
  browser = await startBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await service?.stop();
});

describe('the page of the document', () => {
  it('shows every route, loads nothing, and keeps to its policy', async () => {
    const page = await pageOf(browser);
    const [troubles, requests]: [string[], string[]] = [[], []];
    page.on('console', (message) => void (message.type() === 'error' && troubles.push(message.text())));
    page.on('request', (request) => void requests.push(request.url()));
    await page.goto(`${service.url}/docs`);
    const names = await page.getByRole('heading', { level: 3 }).allInnerTexts();
    expect(names.toSorted()).toEqual(documentedRoutes.map(({ method, path }) => `${method} ${path}`).toSorted());
    await page.getByRole('link', { name: 'POST /auth/login', exact: true }).click();
    expect(new URL(page.url()).hash).toBe('#postAuthLogin');
    expect(await page.locator('#postAuthLogin').innerText()).toContain('invalid_credentials');
    expect(await page.evaluate('getComputedStyle(document.querySelector("article")).borderTopStyle')).toBe('solid');
    expect(requests.filter((url) => !url.endsWith('/docs') && !url.includes('/docs#'))).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('keeps nobody out: axe finds no barrier, light or dark, narrow or wide', async () => {
    const page = await pageOf(browser);
    await page.goto(`${service.url}/docs`);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await barriersOn(page)).toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await barriersOn(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= 320')).toBe(true);
  });
});

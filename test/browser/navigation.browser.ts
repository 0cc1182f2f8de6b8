// A page that is left while it refreshes: the service has rotated, and the next page must not sign the person out later.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBrowser } from '../support/chromium.js';
import { next } from '../support/http-proxy.js';
import { until } from '../support/until.js';
import { REFRESH, signedInTabs, startStage, type Tab } from './support/tabs.js';

const LONG_MS = 60_000;

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

it('a refresh whose page is left for another one keeps its answer: no reuse after the grace', async () => {
  const stage = await startStage(browser, { ACCESS_TOKEN_TTL_SECONDS: '900' });
  const [tab] = (await signedInTabs(stage, 1)) as [Tab];
  const refreshCookie = async () => (await stage.context.cookies()).find(({ name }) => name === 'refresh_token')?.value;
  const before = await refreshCookie();
  stage.proxy.rules.push(next(REFRESH, { do: 'delay answer', ms: LONG_MS }));
  void tab.refresh().catch(() => undefined);
  await until('the service has answered', () =>
    stage.proxy.exchanges.some(({ path, answer }) => path === '/auth/refresh' && answer?.status === 200),
  );
  await tab.page.goto(`${stage.app}/next#${encodeURIComponent(JSON.stringify({ issuer: stage.issuer }))}`);
  await tab.page.waitForFunction(() => 'tab' in globalThis);
  stage.proxy.heal(); // and the answer arrives, at a page that is gone
  await until('the new cookie is there', async () => (await refreshCookie()) !== before);
  expect(await tab.restore()).toBe(stage.person.email);
  await stage.service.advance(120); // beyond the grace: the old cookie would now be a reuse
  expect(await tab.refresh()).toBe('done');
  expect(await tab.restore()).toBe(stage.person.email);
  expect(await stage.families()).toEqual([{ generation: 2, revoked: false }]);
});

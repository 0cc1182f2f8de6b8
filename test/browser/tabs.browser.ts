// Several tabs of one browser and one session: C2, C3 and C7 of the client, in a real Chromium.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/chromium.js';
import { always, next } from '../support/http-proxy.js';
import { until } from '../support/until.js';
import { cookieOf, expired, inFlight, REFRESH, refreshes, signedInTabs, startStage, type Tab } from './support/tabs.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

const all = <T>(tabs: readonly Tab[], act: (tab: Tab) => Promise<T>) => Promise.all(tabs.map(act));
const LONG_MS = 60_000;

describe('an answer that comes late and puts an older cookie back (C2)', () => {
  it('is healed within the grace: the session outlives the grace', async () => {
    const stage = await startStage(browser);
    const [slow, other] = (await signedInTabs(stage, 2)) as [Tab, Tab];
    stage.proxy.rules.push(next(REFRESH, { do: 'delay answer', ms: LONG_MS }));
    const late = slow.refresh();
    await until('the service has answered', () => refreshes(stage)[0]?.answer?.status === 200);
    for (const generation of [1, 2]) {
      expect(await other.refresh()).toBe('done');
      expect(await other.generation()).toBe(generation);
    }
    const newest = await cookieOf(stage, 'refresh_token');
    stage.proxy.heal(); // and the answer arrives
    await late;
    await until('the newest cookie is back', async () => (await cookieOf(stage, 'refresh_token')) === newest);
    expect(refreshes(stage).length).toBe(4);
    await stage.service.advance(70);
    expect(await other.refresh()).toBe('done');
    expect(await stage.families()).toEqual([{ generation: 3, revoked: false }]);
    for (const tab of [slow, other]) expect((await tab.events()).join()).not.toContain('ended');
  });

  it('is healed also if it was heard of before the newer one came: nobody knows which cookie was set last', async () => {
    const stage = await startStage(browser);
    const [slow, other] = (await signedInTabs(stage, 2)) as [Tab, Tab];
    await other.run(async () => {
      const page = globalThis as unknown as { speak: () => void };
      const channel = BroadcastChannel.prototype;
      // oxlint-disable-next-line unbound-method -- called on the channel below
      const { postMessage } = channel;
      channel.postMessage = function hold(message) {
        page.speak = () => postMessage.call(this, message);
      };
    });
    expect(await other.refresh()).toBe('done');
    stage.proxy.rules.push(next(REFRESH, { do: 'delay answer', ms: LONG_MS }));
    const newer = slow.refresh();
    await until('the service has answered', () => refreshes(stage)[1]?.answer?.status === 200);
    await other.run(async () => (globalThis as unknown as { speak: () => void }).speak());
    await until('the slow tab has heard of the older one', async () => (await slow.generation()) === 1);
    stage.proxy.heal();
    await newer;
    await until('the slow tab has refreshed again', async () => (await slow.generation()) === 3);
    await until('nothing is under way', () => stage.isQuiet());
    expect(await stage.families()).toEqual([{ generation: 3, revoked: false }]);
  });
});

describe('signing out (C3)', () => {
  it('in one tab signs the others out within 2 s, and their next call is refused', async () => {
    const stage = await startStage(browser);
    const [first, ...others] = (await signedInTabs(stage, 5)) as [Tab, ...Tab[]];
    await first.signOut();
    const know = async () => (await all(others, (tab) => tab.events())).every((events) => events.includes('ended'));
    await until('the others know', know, 2_000);
    expect(await all(others, (tab) => tab.call())).toEqual([401, 401, 401, 401]);
    expect(await stage.families()).toMatchObject([{ revoked: true }]);
    for (const tab of others) expect((await tab.events()).filter((event) => event === 'ended')).toHaveLength(1);
    expect(refreshes(stage)).toEqual([]); // nobody asks for a session that is known to be over
  });

  it('in another browser is noticed by the next call of each tab, also of those that did not call', async () => {
    const stage = await startStage(browser);
    const [first, ...others] = (await signedInTabs(stage, 3)) as [Tab, ...Tab[]];
    await stage.signOutElsewhere();
    expect(await first.call()).toBe(401);
    const ended = async (tab: Tab) => (await tab.events()).some((event) => event.startsWith('ended'));
    for (const tab of [first, ...others]) await until('the tab knows', () => ended(tab), 2_000);
    expect(await all(others, (tab) => tab.call())).toEqual([401, 401]);
  });

  it('and in again as somebody else: no late refresh puts the first person back', async () => {
    const stage = await startStage(browser);
    const [slow, other] = (await signedInTabs(stage, 2)) as [Tab, Tab];
    const second = await stage.another();
    stage.proxy.rules.push(next(REFRESH, { do: 'delay answer', ms: 1_000 }));
    const late = slow.refresh();
    await until('the service has answered', () => refreshes(stage)[0]?.answer?.status === 200);
    expect(await other.signOut()).toBe('done');
    expect(await other.signIn(second)).toBe(second.email);
    await late;
    expect(await other.restore()).toBe(second.email);
    await until('the slow tab knows', async () => (await slow.restore()) === second.email);
    expect(await slow.refresh()).toBe('done');
    expect(await slow.restore()).toBe(second.email);
  });
});

describe('five tabs that wake together (C7)', () => {
  it('refresh once: at most five requests, one at a time in each tab, one rotation, and every call succeeds', async () => {
    const stage = await startStage(browser);
    const tabs = await signedInTabs(stage, 5);
    const most = tabs.map(inFlight);
    await expired(tabs);
    const statuses = await all(tabs, (tab) => Promise.all([tab.call(), tab.call(), tab.call()]));
    expect(statuses.flat()).toEqual(Array.from({ length: 15 }, () => 200));
    expect(refreshes(stage).length).toBeLessThanOrEqual(5);
    expect(await stage.families()).toEqual([{ generation: 1, revoked: false }]);
    expect(Math.max(...most.map((count) => count()))).toBe(1);
  });

  it('over a slow network: those who will not wait for the first one ask as well, and it stays one rotation', async () => {
    const stage = await startStage(browser, { ACCESS_TOKEN_TTL_SECONDS: '30' });
    const tabs = await signedInTabs(stage, 5);
    const most = tabs.map(inFlight);
    stage.proxy.rules.push(always(REFRESH, { do: 'delay answer', ms: 5_000 }));
    expect(await all(tabs, (tab) => tab.refresh())).toEqual(tabs.map(() => 'done'));
    await until('nothing is under way', () => stage.isQuiet());
    expect(refreshes(stage).length).toBeGreaterThan(1);
    expect(refreshes(stage).length).toBeLessThanOrEqual(5);
    expect(await stage.families()).toEqual([{ generation: 1, revoked: false }]);
    expect(Math.max(...most.map((count) => count()))).toBe(1);
    expect(await all(tabs, (tab) => tab.call())).toEqual(tabs.map(() => 200));
  });
});

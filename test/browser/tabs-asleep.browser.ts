// Tabs that do not run for a while: frozen with a lock, asleep with the machine, in the back-forward cache, offline.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser } from '../support/chromium.js';
import { next } from '../support/http-proxy.js';
import { until } from '../support/until.js';
import {
  cookieOf,
  expired,
  refreshes,
  REFRESH,
  setFrozen,
  signedInTabs,
  startStage,
  type Tab,
} from './support/tabs.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser({ keepsPages: true });
});
afterAll(() => browser?.close());

const all = <T>(tabs: readonly Tab[], act: (tab: Tab) => Promise<T>) => Promise.all(tabs.map(act));
const ends = async (tabs: readonly Tab[]) =>
  (await all(tabs, (tab) => tab.events())).flat().filter((event) => event.startsWith('ended'));
const LONG_MS = 60_000;

describe('a tab that is frozen in the middle of a refresh', () => {
  it('keeps nobody from refreshing or calling, and is in step when it goes on', async () => {
    const stage = await startStage(browser);
    const [frozen, other] = (await signedInTabs(stage, 2)) as [Tab, Tab];
    stage.proxy.rules.push(next(REFRESH, { do: 'delay answer', ms: LONG_MS }));
    const late = frozen.refresh();
    await until('the service has answered', () => refreshes(stage)[0]?.answer?.status === 200);
    await setFrozen(frozen, true);
    const asked = performance.now();
    expect(await other.refresh()).toBe('done');
    expect(performance.now() - asked).toBeLessThan(10_000);
    stage.proxy.heal();
    await setFrozen(frozen, false);
    await late;
    expect(await all([frozen, other], (tab) => tab.call())).toEqual([200, 200]);
    await stage.service.advance(70);
    expect(await all([frozen, other], (tab) => tab.refresh())).toEqual(['done', 'done']);
    expect(await ends([frozen, other])).toEqual([]);
  });

  it('keeps nobody from signing in as somebody else, and never puts the first person back', async () => {
    const stage = await startStage(browser);
    const [frozen, other] = (await signedInTabs(stage, 2)) as [Tab, Tab];
    const second = await stage.another();
    stage.proxy.rules.push(next(REFRESH, { do: 'delay answer', ms: LONG_MS }));
    const late = frozen.refresh();
    await until('the service has answered', () => refreshes(stage)[0]?.answer?.status === 200);
    await setFrozen(frozen, true);
    const asked = performance.now();
    expect(await other.signIn(second)).toBe(second.email);
    expect(performance.now() - asked).toBeLessThan(15_000);
    stage.proxy.heal();
    await setFrozen(frozen, false);
    await late;
    // The answer that came so late brought cookies of a session that the sign-in has ended (DECISIONS.md, keepalive).
    for (const person of await all([other, frozen], (tab) => tab.restore()))
      expect(['nobody', second.email]).toContain(person);
    expect(await other.signIn(second)).toBe(second.email);
    expect(await all([other, frozen], (tab) => tab.restore())).toEqual([second.email, second.email]);
  });
});

describe('five tabs', () => {
  it('asleep for longer than the token lives wake together: at most five refreshes, one rotation', async () => {
    const stage = await startStage(browser);
    const tabs = await signedInTabs(stage, 5);
    for (const tab of tabs) await setFrozen(tab, true);
    await stage.service.advance(20);
    await until('the cookie is over', async () => (await cookieOf(stage, 'access_token')) === undefined);
    await all(tabs, (tab) => setFrozen(tab, false));
    expect(await all(tabs, (tab) => tab.call())).toEqual(tabs.map(() => 200));
    expect(refreshes(stage).length).toBeLessThanOrEqual(5);
    expect(await stage.families()).toEqual([{ generation: 1, revoked: false }]);
    expect(await ends(tabs)).toEqual([]);
  });

  it('whose clock stood still while they slept learn it from the service, and refresh once', async () => {
    const stage = await startStage(browser, { ACCESS_TOKEN_TTL_SECONDS: '600' });
    const tabs = await signedInTabs(stage, 5);
    await stage.service.advance(700);
    expect(await all(tabs, (tab) => tab.call())).toEqual(tabs.map(() => 200));
    expect(refreshes(stage).length).toBeLessThanOrEqual(5);
    expect(await stage.families()).toEqual([{ generation: 1, revoked: false }]);
  });

  it('offline for longer than the token lives keep their person, and refresh once when the network is back', async () => {
    const stage = await startStage(browser);
    const tabs = await signedInTabs(stage, 5);
    await stage.context.setOffline(true);
    await expired(tabs);
    const calls = all(tabs, (tab) => tab.call());
    expect(await all(tabs, (tab) => tab.user())).toEqual(tabs.map(() => stage.person.email));
    await stage.context.setOffline(false);
    expect(await calls).toEqual(tabs.map(() => 200));
    expect(await stage.families()).toEqual([{ generation: 1, revoked: false }]);
    expect(refreshes(stage).length).toBeLessThanOrEqual(5);
    expect(await ends(tabs)).toEqual([]);
  });
});

describe('a page that comes back from the back-forward cache', () => {
  it('goes on with its session, though the access token is over', async () => {
    const stage = await startStage(browser);
    const [away] = (await signedInTabs(stage, 1)) as [Tab];
    await away.leave();
    await stage.service.advance(70);
    await away.comeBack({ isKept: true });
    expect(await away.user()).toBe(stage.person.email);
    expect(await away.call()).toBe(200);
    expect(await away.events()).toEqual(['signed-in', 'refreshed']);
  });

  it('learns by its next call that it was signed out in another browser meanwhile', async () => {
    const stage = await startStage(browser);
    const [away] = (await signedInTabs(stage, 1)) as [Tab];
    await away.leave();
    await stage.signOutElsewhere();
    await away.comeBack({ isKept: true });
    expect(await away.call()).toBe(401);
    expect(await away.user()).toBe('nobody');
  });

  it.each(['refreshed', 'signed out'])(
    'or is loaded anew because another tab has %s: it asks who is there',
    async (how) => {
      const stage = await startStage(browser);
      const [away, other] = (await signedInTabs(stage, 2)) as [Tab, Tab];
      await away.leave();
      expect(await (how === 'refreshed' ? other.refresh() : other.signOut())).toBe('done');
      await away.comeBack({ isKept: false });
      expect(await away.restore()).toBe(how === 'refreshed' ? stage.person.email : 'nobody');
    },
  );
});

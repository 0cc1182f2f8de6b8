// C1: five tabs through hundreds of refreshes over a network that loses, delays and reorders answers, through a restart
// and a rotation of the keys. TABS_REFRESHES=2000 makes it ten times as long.
import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Config } from '../../src/config/config.js';
import { KeyStore } from '../../src/keys/key-store.js';
import { LEAD_SECONDS, planRotation, policyOf } from '../../src/keys/rotation.js';
import { parseRefreshToken } from '../../src/tokens/refresh-token.js';
import { startBrowser } from '../support/chromium.js';
import { decode } from '../support/client.js';
import type { Rule, Verdict } from '../support/http-proxy.js';
import { randomOf, SEED } from '../support/seed.js';
import { until } from '../support/until.js';
import { cookieOf, REFRESH, signedInTabs, type Stage, startStage, type Tab } from './support/tabs.js';

const REFRESHES = Number(process.env['TABS_REFRESHES'] ?? 200);

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser?.close());

it(
  `five tabs through ${REFRESHES} refreshes: nobody is signed out, and one family is alive`,
  { timeout: 60_000 + REFRESHES * 4_000 },
  async () => {
    const stage = await startStage(browser);
    await stage.service.query(`UPDATE signing_keys SET published_at = published_at - interval '26 hours',
      activate_at = activate_at - interval '26 hours'`);
    const tabs = await signedInTabs(stage, 5);
    const storm = new Storm(stage, tabs);
    await storm.run().catch((error: unknown) => {
      throw new Error(
        `SEED=${SEED}, in round ${storm.rounds.length}:\n${storm.rounds.slice(-3).join('\n')}\n${storm.history()}`,
        {
          cause: error,
        },
      );
    });
    const told = await Promise.all(tabs.map((tab) => tab.events()));
    expect(told.flat().filter((event) => event.startsWith('ended'))).toEqual([]);
    const [family, ...others] = await stage.families();
    expect([family?.revoked, others]).toEqual([false, []]);
    expect(family!.generation).toBeGreaterThanOrEqual(REFRESHES);
    expect(storm.kids.size).toBe(2);
    // Whatever of the answers came late: the browser holds the newest token, or this would be a reuse.
    await stage.service.advance(70);
    for (const tab of tabs) expect(await tab.refresh()).toBe('done');
    expect(await Promise.all(tabs.map((tab) => tab.call()))).toEqual(tabs.map(() => 200));
  },
);

/** What happens to the first refresh of a round. Weights in percent. */
const faults: [number, Verdict | 'late'][] = [
  [44, { do: 'pass' }],
  [10, { do: 'lose request' }],
  [12, { do: 'lose answer' }],
  [8, { do: 'lose answer', share: 0.5 }],
  [10, { do: 'delay answer', ms: 300 }],
  [6, { do: 'answer', status: 503, body: '<h1>Service Unavailable</h1>' }],
  [4, { do: 'answer', status: 429 }],
  [6, 'late'],
];

const AT_MOST_MS = 30_000;

class Storm implements Rule {
  readonly on = REFRESH;
  readonly rounds: string[] = [];
  readonly kids = new Set<string>();
  private readonly random = randomOf('storm');
  private fate: Verdict | undefined;
  private isLate = false;
  private last: readonly Tab[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly tabs: readonly Tab[],
  ) {}

  /** The first refresh of a round meets its fate, the others pass. */
  meet(): Verdict | undefined {
    const { fate } = this;
    this.fate = undefined;
    return fate;
  }

  /** The last requests. */
  history(): string {
    return this.stage.proxy.history().split('\n').slice(-40).join('\n');
  }

  async run(): Promise<void> {
    const { stage } = this;
    stage.proxy.rules.push(this);
    let restarted: Promise<void> | undefined;
    let hasRotated = false;
    for (let generation = 0; generation < REFRESHES;) {
      await this.round();
      generation = await this.assertNewest();
      if (generation >= REFRESHES / 3 && !restarted) {
        restarted = stage.restart();
        await this.round(); // while the service is away
        await restarted;
      }
      if (generation < (REFRESHES * 2) / 3 || hasRotated) continue;
      hasRotated = true;
      await this.rotateKeys();
    }
  }

  private async round(): Promise<void> {
    const isAfterLate = this.isLate;
    const fault = isAfterLate ? ({ do: 'pass' } as const) : this.draw();
    this.isLate = fault === 'late';
    // Held until the first refresh of the next round has its answer: it puts an older cookie back.
    this.fate = fault === 'late' ? { do: 'reorder', atMostMs: AT_MOST_MS } : fault;
    // Not the tab that waits for the late answer: it asks for nothing else meanwhile.
    const free = this.tabs.filter((tab) => !isAfterLate || !this.last.includes(tab));
    const order = free.toSorted(() => this.random() - 0.5);
    const some = 1 + Math.floor(this.random() * order.length);
    // Whoever overtakes the late answer, and one more: an answer that is two rotations late is a reuse.
    const acting = order.slice(0, this.isLate ? 2 : isAfterLate ? 1 : some);
    this.last = acting;
    this.rounds.push(`${JSON.stringify(this.fate)} for ${acting.map((tab) => this.tabs.indexOf(tab)).join()}`);
    const outcomes = await Promise.all(acting.map((tab) => tab.refresh()));
    assert.deepEqual(new Set(outcomes), new Set(acting.map(() => 'done')));
    // A request that is older than two rotations is a reuse. Only whoever refreshes without a cause sends one.
    await until('nothing is under way', async () => (await this.underWay()) <= (this.isLate ? 1 : 0), AT_MOST_MS);
    if (this.isLate) return this.round();
    for (const status of await Promise.all(acting.map((tab) => tab.call()))) {
      if (status !== 200) this.rounds.push(`call: ${status}`);
      assert.ok([200, 502, 503, 'TypeError: Failed to fetch'].includes(status), `a call came to ${status}`);
    }
  }

  /** @returns the generation of the newest token, which is the one that the browser holds */
  private async assertNewest(): Promise<number> {
    const [family] = await this.stage.families();
    assert.equal(family?.revoked, false);
    await until('the browser holds the newest token', async () => {
      const cookie = await cookieOf(this.stage, 'refresh_token');
      return parseRefreshToken(cookie ?? '')?.generation === (await this.stage.families())[0]?.generation;
    });
    const accessToken = await cookieOf(this.stage, 'access_token');
    if (accessToken) this.kids.add((decode(accessToken, 0) as { kid: string }).kid);
    return family?.generation ?? 0;
  }

  private async underWay(): Promise<number> {
    const counts = await Promise.all(this.tabs.map((tab) => tab.underWay()));
    return counts.reduce((sum: number, count) => sum + Number(count), 0);
  }

  private async rotateKeys(): Promise<void> {
    const { service } = this.stage;
    const { app } = service;
    const policy = policyOf(app.get(Config));
    const plan = await app.get(KeyStore).change((keys, now) => planRotation(keys, now, policy, true), null);
    assert.ok(Array.isArray(plan));
    await service.advance(LEAD_SECONDS + 1);
  }

  private draw(): Verdict | 'late' {
    let left = this.random() * 100;
    return faults.find(([weight]) => (left -= weight) < 0)?.[1] ?? { do: 'pass' };
  }
}

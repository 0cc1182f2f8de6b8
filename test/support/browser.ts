// Opens pages in a real Chromium, and looks for what keeps people out of them.
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** A page in a profile of its own, closed when the test ends. */
export async function pageOf(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  return context.newPage();
}

/** @returns findings of axe-core that keep people out: serious and critical ones */
export async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } };
    const { violations } = await axe.run();
    return violations.filter(({ impact }) => /serious|critical/.test(impact)).map(({ id, help }) => `${id}: ${help}`);
  });
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
}

// Starts a real Chromium for tests of pages: Debian's, or another that is installed. Nothing is downloaded from npm.
import { spawnSync } from 'node:child_process';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { installFromDebian } from './debian.js';

const PROGRAMS = ['/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome'];

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: programOf(), args: FLAGS });
}

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

function programOf(): string {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const found = oneThatWorks() ?? (installFromDebian('chromium') ? oneThatWorks() : undefined);
  if (found !== undefined) return found;
  const how = process.platform === 'darwin' ? 'run "brew install --cask chromium"' : 'install the package chromium';
  throw new Error(
    `The tests of pages need a Chromium: ${how}, or set CHROMIUM to the program of a Chromium or Chrome.`,
  );
}

const oneThatWorks = () =>
  PROGRAMS.find((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0);

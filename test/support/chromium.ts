// Starts a real Chromium: Debian's, or another that is installed. Nothing is downloaded from npm.
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import { installFromDebian } from './debian.js';

const PROGRAMS = ['/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome'];

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

interface Wishes {
  /** Keeps pages for the way back (the back-forward cache), which playwright leaves out. */
  readonly keepsPages?: boolean;
}

export function startBrowser({ keepsPages = false }: Wishes = {}): Promise<Browser> {
  const ignoreDefaultArgs = keepsPages ? ['--disable-back-forward-cache'] : [];
  return chromium.launch({ executablePath: programOf(), args: FLAGS, ignoreDefaultArgs });
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

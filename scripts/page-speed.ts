// Measures when the first sign-in page can be used: a cold cache, loopback, a CPU that is four times slower.
// Usage: npm run bench:pages
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { startBrowser } from '../test/support/chromium.js';
import { freePort } from './free-port.js';

const SLOWER = 4;
const RUNS = 15;

const port = await freePort();
const url = `http://localhost:${port}`;
const data = mkdtempSync(join(tmpdir(), 'watchword-page-speed-'));
const child: ChildProcess = spawn(process.execPath, ['scripts/start.cjs'], {
  env: { PATH: process.env['PATH'], HOME: data, PORT: String(port), DATA_DIR: join(data, 'data') },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const ended = new Promise<void>((done) => child.once('close', () => done()));
try {
  await untilReady();
  const browser = await startBrowser();
  const times: number[] = [];
  for (let run = -1; run < RUNS; run++) {
    const time = await firstUse(browser);
    if (run >= 0) times.push(time); // the first one warms the browser up
  }
  await browser.close();
  const sorted = times.toSorted((a, b) => a - b).map(Math.round);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  const figures = `median ${at(0.5)} ms, slowest ${at(1)} ms of ${RUNS}`;
  console.log(`sign-in page, CPU ${SLOWER} times slower, cold cache, loopback: ${figures}`);
} finally {
  child.kill('SIGTERM');
  await ended;
  rmSync(data, { recursive: true, force: true });
}

/** @returns milliseconds from the navigation until the form is there and the main thread answers */
async function firstUse(browser: Browser): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await page.goto(`${url}/account/sign-in`, { waitUntil: 'commit' });
  const time = await page.evaluate<number>(`new Promise((done) => {
    const look = () =>
      document.querySelector('input[type=password]') && document.querySelector('button[type=submit]')
        ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
        : setTimeout(look, 4);
    look();
  })`);
  await context.close();
  return time;
}

async function untilReady(): Promise<void> {
  while (!(await fetch(`${url}/health/ready`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error('The service did not start.');
    await sleep(100);
  }
}

// Builds the account pages and the program once, before any worker starts a service or a process of it.
import { spawnSync } from 'node:child_process';

export default function setup(): void {
  for (const script of ['scripts/build-pages.mjs', 'scripts/build.mjs']) {
    const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`The program does not build (${script}).`);
  }
}

// Builds the account pages once, before any worker starts a service that serves them.
import { spawnSync } from 'node:child_process';

export default function setup(): void {
  const { status } = spawnSync(process.execPath, ['scripts/build-pages.mjs'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('The account pages do not build (scripts/build-pages.mjs).');
}

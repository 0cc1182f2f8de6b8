// Installs programs that npm does not have from Debian's packages, if that is allowed. Nothing is started.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** Debian's packages run this script before they start a service; exit code 101 forbids it. */
const POLICY = '/usr/sbin/policy-rc.d';

/** @returns false if nothing may be installed, or the packages are not available */
export function installFromDebian(...packages: readonly string[]): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  const isOurPolicy = !existsSync(POLICY);
  if (isOurPolicy) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const install = () => apt('install', '-y', '--no-install-recommends', ...packages);
    return install() || (apt('update') && install());
  } finally {
    if (isOurPolicy) rmSync(POLICY);
  }
}

const apt = (...args: readonly string[]) =>
  spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: 'ignore',
  }).status === 0;

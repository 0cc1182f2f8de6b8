// How does a test get a program that npm does not have? From Debian's packages, where it may install them; nothing is started.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** Debian's packages ask it before they start a service of the machine's own; 101 says no. */
const POLICY = '/usr/sbin/policy-rc.d';

/** @returns false where nothing may be installed, or the packages cannot be had */
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

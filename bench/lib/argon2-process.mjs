// Measures how many passwords argon2 alone verifies per second, and what each costs. Usage: node argon2-process.mjs <seconds>
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { built } from './built.mjs';

const { settings } = await built('config/settings.js');
const standard = (name) => settings[name].schema.parse(undefined);
const password = 'a passphrase of the bench';
const stored = await hash(password, {
  memoryCost: standard('ARGON2_MEMORY_KIB'),
  timeCost: standard('ARGON2_PASSES'),
  parallelism: standard('ARGON2_LANES'),
});

async function count(seconds) {
  const until = performance.now() + seconds * 1_000;
  const [started, before] = [performance.now(), process.cpuUsage()];
  let verified = 0;
  const one = async () => {
    for (; performance.now() < until; verified++)
      if (!(await verify(stored, password))) throw new Error('not verified');
  };
  await Promise.all(Array.from({ length: availableParallelism() }, one));
  const { user, system } = process.cpuUsage(before);
  const perSecond = verified / ((performance.now() - started) / 1_000);
  return { perSecond, cpuMs: (user + system) / 1_000 / verified };
}

await count(0.3);
console.log(JSON.stringify(await count(Number(process.argv[2]))));

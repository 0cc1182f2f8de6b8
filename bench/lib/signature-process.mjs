// Measures the processor time of an RS256 signature, alone. Usage: node signature-process.mjs <bits> <seconds>; prints ms.
import { generateKeyPairSync, sign } from 'node:crypto';

const [bits, seconds] = process.argv.slice(2).map(Number);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
/** As long as the header and the claims of an access token. */
const text = Buffer.alloc(500, 'x');
const WARM_UP_SECONDS = 0.2;

function count(seconds) {
  const until = performance.now() + seconds * 1_000;
  let signed = 0;
  for (; performance.now() < until; signed++) sign('RSA-SHA256', text, privateKey);
  return signed;
}

count(WARM_UP_SECONDS);
const before = process.cpuUsage();
const signed = count(seconds);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1_000 / signed);

// A year of a patient attacker who knows the password and guesses codes, while the owner lives on.
import { expect, it } from 'vitest';
import { LimitsPurge } from '../src/limits/limits-purge.js';
import { enrolled, factor, ticketOf } from './support/factors.js';
import { randomOf } from './support/seed.js';
import type { Service } from './support/service.js';
import { startStill } from './support/still-time.js';

const DAY = 86_400;
const CODES = 10 ** 6;
/** The present step, one before and one after it. */
const RIGHT_CODES = 3;

/** A day's tries, until the service verifies no more. @returns how many it has verified */
async function attack(service: Service, person: Parameters<typeof ticketOf>[1], wrong: () => Promise<string>) {
  let verified = 0;
  for (;;) {
    const ticket = await ticketOf(service, person);
    for (let attempt = 0; attempt < 5; attempt++) {
      const { json } = await factor(service, { ticket, totp: await wrong() });
      if (json['code'] !== 'invalid_credentials') return verified;
      verified += 1;
    }
  }
}

it('a year of guesses finds the code of fewer than one account in a thousand (NIST SP 800-63B-4 §3.2.2)', async () => {
  const service = await startStill();
  const { person, code, wrongCode } = await enrolled(service);
  const random = randomOf('a year of guesses');
  let [verified, ownSignIns] = [0, 0];
  for (let day = 0; day < 365; day++) {
    await service.advance(DAY * (0.5 + random()));
    await service.app.get(LimitsPurge).round();
    verified += await attack(service, person, wrongCode);
    if (day % 5 !== 0) continue;
    // The owner mistypes once. Their success gives back their own two tries, and none of the attacker's.
    await service.advance(DAY / 4);
    const ticket = await ticketOf(service, person);
    await factor(service, { ticket, totp: await wrongCode() });
    await service.advance(DAY / 24);
    const again = await ticketOf(service, person);
    ownSignIns += (await factor(service, { ticket: again, totp: await code() })).status === 200 ? 1 : 0;
  }
  expect(ownSignIns).toBeGreaterThan(0);
  expect(verified).toBeGreaterThan(50);
  expect(verified).toBeLessThanOrEqual(100);
  expect(1 - (1 - RIGHT_CODES / CODES) ** verified).toBeLessThan(1 / 1_000);
}, 300_000);

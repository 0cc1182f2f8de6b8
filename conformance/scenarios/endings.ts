// Sessions that do end: by a thief, by the person elsewhere, by the person here. The client says so, once, and is quiet.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { next } from '../../test/support/http-proxy.js';
import type { Device } from '../kit/device.js';
import type { Scenario } from '../kit/round.js';

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

export const endingScenarios: readonly Scenario[] = [
  {
    name: 'stolen-copy',
    about: 'a thief spends a copy of the refresh token, so the session ends for both',
    ends: true,
    needs: 'bearer',
    async play(round) {
      await round.wait(1);
      for (const device of round.devices) {
        let refreshToken = round.stage.ledger.newest.get(device.userId);
        // The device may have refreshed once meanwhile: after three more its token is too old whatever happened.
        for (let spent = 0; spent < 3; spent++)
          ({ refreshToken } = await device.direct<Tokens>('POST', '/auth/refresh', { refreshToken }));
      }
    },
  },
  {
    name: 'signed-out-elsewhere',
    about: 'the person ends all other sessions on another device',
    ends: true,
    async play(round) {
      await round.wait(1);
      for (const device of round.devices) {
        const body = { ...device.person, transport: 'bearer' };
        const { accessToken } = await device.direct<Tokens>('POST', '/auth/login', body);
        await device.direct('DELETE', '/auth/sessions', undefined, accessToken);
      }
    },
  },
  {
    name: 'signed-out-here',
    about: 'one process signs out while the network loses the answer',
    ends: true,
    async play(round) {
      await round.wait(1);
      const { ledger } = round.stage;
      round.meet(next(/\/auth\/(logout|refresh)/, ...round.devices.map(() => ({ do: 'lose answer' }) as const)));
      await Promise.all(round.devices.map(({ first }) => first.ask({ do: 'sign-out' })));
      await round.wait(2);
      for (const device of round.devices) {
        if (keeps(device, ledger.secrets))
          round.missedEnds.push(`${device.name} keeps a credential after the sign-out`);
      }
    },
  },
];

function keeps({ storage }: Device, secrets: ReadonlySet<string>): boolean {
  const texts = readdirSync(storage, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'));
  return texts.some((text) => [...secrets].some((secret) => text.includes(secret)));
}

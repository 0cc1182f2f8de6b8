// The service restarts, changes its keys or loses its Redis, and clocks are wrong.
import type { Scenario } from '../kit/round.js';

interface Key {
  readonly kid: string;
  readonly state: string;
}

export const serviceScenarios: readonly Scenario[] = [
  {
    name: 'restarts',
    about: 'the service is stopped and started, then killed and started',
    async play({ stage: { service }, wait }) {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await wait(1);
        await service.stop(signal);
        await wait(1);
        await service.start();
      }
      await wait(3);
    },
  },
  {
    name: 'keys',
    about: 'the next key takes over, and the key of every access token is revoked',
    async play({ stage: { service }, wait }) {
      await wait(2);
      const keys = await listKeys();
      await service.operate('keys', 'rotate', '--force');
      const signer = keys.find(({ state }) => state === 'signing');
      await service.operate('keys', 'revoke', signer?.kid ?? '');
      await wait(6);

      async function listKeys(): Promise<Key[]> {
        const { keys } = await service.operate('keys', 'list');
        return keys as Key[];
      }
    },
  },
  {
    name: 'redis',
    about: 'Redis goes away, and comes back empty',
    needs: 'redis',
    async play({ stage: { redis }, wait }) {
      await wait(1);
      await redis?.stop();
      await wait(5);
      await redis?.start();
      await wait(3);
    },
  },
  {
    name: 'clocks',
    about: 'the clocks of the devices are 10 minutes fast or slow, and are then set right',
    async play(round) {
      const setAll = (offsetOf: (index: number) => number) =>
        Promise.all(round.devices.flatMap(({ slots }, index) => slots.map((slot) => slot.setTime(offsetOf(index)))));
      const set = await setAll((index) => (index % 2 === 0 ? 600 : -600));
      if (set.includes(false)) round.skipped = 'the client cannot change its clock';
      await round.wait(8);
      await setAll(() => 0);
      await round.wait(4);
    },
  },
];

// Processes are killed at any moment, and go on with what is in their storage.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Moment, next, type Rule, scheduled, type Verdict } from '../../test/support/http-proxy.js';
import type { Device, Slot } from '../kit/device.js';
import type { Round, Scenario } from '../kit/round.js';
import { lostAnswers, REFRESH, tooMany } from './network.js';

const ME = /^GET \/auth\/me/;

/** What the service answers to an old access token: the client refreshes now, and not in some seconds. */
const expired: Verdict = {
  do: 'answer',
  status: 401,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ status: 401, code: 'token_expired', session: 'keep' }),
};

/** Of one device only. */
const ofDevice = ({ userId, stage }: Device, rule: Rule): Rule => ({
  on: rule.on,
  meet: (request) => (stage.ledger.userOf(request) === userId ? rule.meet(request) : undefined),
});

const faults: readonly Verdict[] = [
  { do: 'pass' },
  { do: 'lose request' },
  ...lostAnswers,
  { do: 'delay request', ms: 150 },
  { do: 'delay answer', ms: 150 },
  { do: 'duplicate' },
  { do: 'answer', status: 503, body: '' },
  tooMany(1),
];

/** When the process is killed: `line` is soon after it received the line, `told` after its answer. */
type KillAt = Moment | 'line' | 'told' | 'never';
const killMoments: readonly KillAt[] = [
  'line',
  'line',
  'arrived',
  'answered',
  'delivered',
  'delivered',
  'told',
  'never',
];

export const killScenarios: readonly Scenario[] = [
  {
    name: 'killed',
    about: 'processes that share a storage or have one alone are killed again and again, while they refresh often',
    devices: [1, 2],
    async play(round) {
      round.meet(scheduled(ME, round.seed, 0.3, [expired]));
      const endAt = performance.now() + 9_000;
      const suffer = async (slot: Slot) => {
        while (performance.now() < endAt) {
          await round.wait(0.2 + 0.8 * round.random());
          await slot.kill();
          await slot.start();
        }
      };
      await Promise.all(round.slots.map(suffer));
    },
  },
  {
    name: 'idle',
    about: 'one of two processes is not used while the other one refreshes twice',
    devices: [2, 2],
    async play(round) {
      for (const { slots } of round.devices) for (const slot of slots.slice(1)) slot.isIdle = true;
      const { ledger } = round.stage;
      const before = round.devices.map(({ userId }) => ledger.refreshesOf(userId));
      const haveMoved = () =>
        round.devices.every(({ userId }, i) => ledger.refreshesOf(userId) >= (before[i] ?? 0) + 3);
      await round.until(20_000, haveMoved);
      for (const slot of round.slots) slot.isIdle = false;
      await round.wait(5);
    },
  },
  {
    name: 'frozen',
    about: 'one of two processes is frozen for 20 s in the middle of a refresh, and the other one goes on',
    devices: [2],
    async play(round) {
      const [device] = round.devices as [Device];
      const [sleeper, other] = device.slots as [Slot, Slot];
      other.isIdle = true;
      await Promise.race([nextRefresh(device, 'answered'), round.wait(10)]);
      sleeper.freeze();
      other.isIdle = false;
      await sleep(20_000);
      sleeper.thaw();
      await round.wait(5);
    },
  },
  {
    name: 'every-step',
    about: 'a fault in a refresh, and a kill at one of its steps, three times for each session',
    devices: [1, 1, 1, 1],
    isQuiet: true,
    async play(round) {
      await Promise.all(round.devices.map((device) => suffer(round, device)));
    },
  },
];

async function suffer(round: Round, device: Device): Promise<void> {
  for (let step = 1; step <= 3; step++) {
    const [fault, killAt] = [round.pick(faults), round.pick(killMoments)];
    const rules = [ofDevice(device, next(ME, expired)), ofDevice(device, next(REFRESH, fault))];
    round.meet(...rules);
    await refreshAndKill(round, device, killAt);
    round.forget(...rules);
    await untilForwarded(device);
    const since = performance.now();
    const status = await lastCall(device.first);
    if (status === 200) {
      round.recoveriesMs.push(performance.now() - since);
      continue;
    }
    round.logouts.push(`${device.name}: ${status ?? 'no answer'} after ${JSON.stringify(fault)}, killed: ${killAt}`);
    return;
  }
}

async function refreshAndKill(round: Round, device: Device, killAt: KillAt): Promise<void> {
  const { first } = device;
  const reached = nextRefresh(device, killAt);
  const told = first.call();
  if (killAt === 'never') return void (await told);
  if (killAt === 'line') await sleep(40 * round.random());
  else await Promise.race(killAt === 'told' ? [told] : [reached, told]);
  if (killAt === 'delivered') await sleep(6 * round.random());
  await first.kill();
  await first.start();
}

/** Resolves when the next refresh of the device is at that moment. */
function nextRefresh({ stage, userId }: Device, at: KillAt): Promise<void> {
  return new Promise((done) => {
    const leave = stage.proxy.watch((moment, exchange) => {
      if (moment !== at || !exchange.path.startsWith('/auth/refresh')) return;
      if (stage.ledger.userOf(exchange) !== userId) return;
      leave();
      done();
    });
  });
}

/** A request or a copy that the network still holds would arrive after its successor, as a thief's would. */
async function untilForwarded({ stage, userId }: Device): Promise<void> {
  const isHeld = () =>
    stage.proxy.exchanges.some((exchange) => exchange.isOpen && stage.ledger.userOf(exchange) === userId);
  while (isHeld()) await sleep(10);
}

/** The person tries again within the grace. */
async function lastCall(slot: Slot): Promise<number | undefined> {
  for (const endAt = performance.now() + 30_000; performance.now() < endAt; await sleep(100)) {
    const status = await slot.call();
    if (status === 200 || status === 401) return status;
  }
  return undefined;
}

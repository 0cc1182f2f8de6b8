// Judges a round by what the clients said, what the wire saw, and what the database holds.
import { NO_ANSWER } from './client-process.js';
import type { Device, Slot } from './device.js';
import type { Round, Scenario } from './round.js';
import { ACCESS_SECONDS } from './stage.js';

export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  readonly sessions: number;
  readonly logouts: readonly string[];
  readonly doubleSuccessors: readonly string[];
  readonly leaks: readonly string[];
  /** Sessions that ended, and a client that did not say so, or went on refreshing. */
  readonly missedEnds: readonly string[];
  /** No logout, but no answer in time either. */
  readonly stuck: readonly string[];
  readonly refreshes: number;
  /** Lives of access tokens, of all devices. */
  readonly lives: number;
  readonly recoveriesMs: readonly number[];
  readonly skipped: string | undefined;
}

interface Facts {
  readonly scenario: Scenario;
  readonly healedAt: number;
  readonly leaks: readonly string[];
}

/** One refresh may be on its way when the session ends, in each process. */
const REFRESHES_AFTER_END = 2;

export async function judge(round: Round, { scenario, healedAt, leaks }: Facts): Promise<Outcome> {
  const { devices, stage, seed, skipped } = round;
  const { ledger } = stage;
  const logouts = [...round.logouts];
  const missedEnds = [...round.missedEnds];
  const stuck: string[] = [];
  const recoveriesMs = [...round.recoveriesMs];
  for (const device of devices) {
    for (const { name, calls } of device.slots)
      if (calls.some(({ error }) => error === NO_ANSWER)) stuck.push(`${name}: ${NO_ANSWER} to a call`);
    if (scenario.ends) missedEnds.push(...missed(device));
    else {
      const found = await logoutOf(device, healedAt);
      const isCounted = logouts.some((reason) => reason.startsWith(`${device.name}:`));
      if (found !== undefined && !isCounted) logouts.push(found);
      for (const slot of device.slots) {
        const back = slot.calls.find(({ endedAt, status }) => endedAt >= healedAt && status === 200);
        if (back && !scenario.isQuiet) recoveriesMs.push(back.endedAt - healedAt);
        else if (!back && found === undefined) stuck.push(`${slot.name} got no answer after the faults had ended`);
      }
    }
  }
  const lives = devices.map(({ signedInAt }) => (performance.now() - signedInAt) / 1000 / ACCESS_SECONDS);
  return {
    scenario: scenario.name,
    seed,
    sessions: devices.length,
    logouts,
    doubleSuccessors: devices.flatMap(({ userId, name }) =>
      ledger.doubleSuccessorsOf(userId) > 0 ? [`${name}: one token got two successors`] : [],
    ),
    leaks,
    missedEnds,
    stuck,
    refreshes: devices.reduce((sum, { userId }) => sum + ledger.refreshesOf(userId), 0),
    lives: lives.reduce((sum, each) => sum + each, 0),
    recoveriesMs: scenario.ends ? [] : recoveriesMs,
    skipped,
  };
}

/** @returns why a device that nobody signed out is signed out */
async function logoutOf(device: Device, healedAt: number): Promise<string | undefined> {
  for (const { name, ends } of device.slots)
    if (ends[0]) return `${name} said \`ended\` (${ends[0].code ?? 'no code'})`;
  const rows = await device.sessions();
  const own = rows.find(({ id }) => id === device.sessionId);
  if (own?.revoked !== false) return `${device.name}: the session ended (${own?.revoked_reason ?? 'gone'})`;
  if (rows.length > 1) return `${device.name} has signed in again by itself`;
  const refused = device.slots.find((slot) => isRefused(slot, healedAt));
  return refused && `${refused.name} is refused (401), and its session lives`;
}

const isRefused = ({ calls }: Slot, since: number): boolean => {
  const after = calls.filter(({ startedAt }) => startedAt >= since);
  return after.some(({ status }) => status === 401) && !after.some(({ status }) => status === 200);
};

function missed(device: Device): string[] {
  const { ledger } = device.stage;
  const silent = device.slots.filter(({ ends }) => ends.length === 0).map(({ name }) => `${name} never said \`ended\``);
  const loud = device.slots
    .filter(({ ends }) => ends.length > 1)
    .map(({ name, ends }) => `${name} said \`ended\` ${ends.length} times`);
  const since = Math.max(0, ...device.slots.map(({ ends }) => ends[0]?.at ?? 0));
  const after = ledger.refreshesSince(device.userId, since);
  const looping = silent.length === 0 && after > REFRESHES_AFTER_END * device.slots.length;
  const open = device.slots
    .filter(({ calls }) => calls.at(-1)?.status === 200)
    .map(({ name }) => `${name} is answered although its session is over`);
  return [...silent, ...loud, ...open, ...(looping ? [`${device.name} refreshed ${after} times after the end`] : [])];
}

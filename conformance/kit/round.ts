// One round of a scenario: signs devices in, lets them call all the time while the scenario plays, and waits until they
// have recovered.
import { setTimeout as sleep } from 'node:timers/promises';
import { drawn, type Rule } from '../../test/support/http-proxy.js';
import { type ClientChoice, Device, type Slot } from './device.js';
import { judge, type Outcome } from './outcome.js';
import type { Stage } from './stage.js';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** The number of processes of each device. */
  readonly devices?: readonly number[];
  /** It ends the sessions, and the client must notice. */
  readonly ends?: true;
  readonly needs?: 'redis' | 'bearer';
  /** The scenario calls by itself. */
  readonly isQuiet?: true;
  play(round: Round): Promise<void>;
}

const DEVICES = [1, 2, 1];
/** After the last fault. A client that needs longer does not come back. */
const RECOVERY_MS = 40_000;
const NOTICE_MS = 20_000;

export class Round {
  readonly devices: Device[];
  /** What the scenario itself has found. */
  readonly logouts: string[] = [];
  readonly missedEnds: string[] = [];
  readonly recoveriesMs: number[] = [];
  /** Why the scenario could not be played. */
  skipped: string | undefined;
  private draws = 0;
  private isOver = false;

  constructor(
    readonly stage: Stage,
    readonly client: ClientChoice,
    private readonly scenario: Scenario,
    private readonly draw: { readonly seed: number; readonly pace: number },
  ) {
    const sizes = scenario.devices ?? DEVICES;
    this.devices = sizes.map((processes, index) => new Device(stage, client, `device ${index + 1}`, processes));
  }

  get seed(): number {
    return this.draw.seed;
  }

  get slots(): Slot[] {
    return this.devices.flatMap(({ slots }) => slots);
  }

  /** The next number of this round's seed, from 0 to below 1. */
  random(): number {
    return drawn(this.seed, 1_000_000 + this.draws++);
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.random() * from.length)] as T;
  }

  meet(...rules: readonly Rule[]): void {
    this.stage.proxy.rules.push(...rules);
  }

  forget(...rules: readonly Rule[]): void {
    const { proxy } = this.stage;
    for (const rule of rules) if (proxy.rules.includes(rule)) proxy.rules.splice(proxy.rules.indexOf(rule), 1);
  }

  /** Of this round's client, and judged by the scenario alone. */
  addDevice(): Device {
    return new Device(this.stage, this.client, 'another device', 1);
  }

  readonly wait = (seconds: number): Promise<void> => sleep(seconds * 1000 * this.draw.pace);

  async run(): Promise<Outcome> {
    const { scenario, stage } = this;
    const beats: Promise<void>[] = [];
    try {
      await Promise.all(this.devices.map((device) => device.begin()));
      const leaksBefore = stage.foreign.leaks(stage.ledger.secrets).length;
      if (!scenario.isQuiet) beats.push(...this.slots.map((slot) => this.beat(slot)));
      const broken = Promise.all(beats).then(() => new Promise<never>(() => {}));
      await Promise.race([scenario.play(this), broken]);
      stage.proxy.heal();
      const healedAt = performance.now();
      if (scenario.isQuiet) await Promise.all(this.slots.map((slot) => slot.call()));
      await Promise.race([scenario.ends ? this.untilNoticed() : this.untilRecovered(healedAt), broken]);
      this.isOver = true;
      await Promise.all(beats);
      const leaks = stage.foreign.leaks(stage.ledger.secrets).slice(leaksBefore);
      return await judge(this, { scenario, healedAt, leaks });
    } finally {
      this.isOver = true;
      stage.proxy.heal();
      await Promise.allSettled(beats);
      await Promise.all(this.devices.map((device) => device.end()));
    }
  }

  /** Waits for a fact, and goes on without it when it does not come. */
  async until(withinMs: number, isSo: () => boolean): Promise<void> {
    for (const endAt = performance.now() + withinMs; performance.now() < endAt && !isSo();) await sleep(20);
  }

  /** What people do all day: a request now and then. */
  private async beat(slot: Slot): Promise<void> {
    while (!this.isOver) {
      if (!slot.isIdle) await slot.call();
      await sleep(100 + 200 * this.random());
    }
  }

  private async untilRecovered(since: number): Promise<void> {
    const isDecided = (slot: Slot) =>
      slot.calls.some(
        ({ endedAt, startedAt, status }) =>
          endedAt >= since && (status === 200 || (startedAt >= since && status === 401)),
      );
    await this.until(RECOVERY_MS, () => this.slots.every(isDecided));
  }

  private async untilNoticed(): Promise<void> {
    await this.until(NOTICE_MS, () => this.slots.every(({ ends }) => ends.length > 0));
    await sleep(3_000); // a client that loops is caught by what it does now
  }
}

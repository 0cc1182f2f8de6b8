// Chooses the lanes of a guess. Each lane of an account has its own budget: closing one leaves the others open.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Log } from '../telemetry/log.js';
import { LimitKeys } from './limit-keys.js';
import { addressOf } from './network.js';

/** The first byte of a lane's name. */
const tags = { device: 1, net: 2, all: 3 } as const;
type LaneKind = keyof typeof tags;

export interface Lane {
  readonly kind: LaneKind;
  readonly name: Buffer;
  /** Failures without a delay. */
  readonly free: number;
  readonly maxDelaySeconds: number;
  /** The lane is closed from this number of failures on. */
  readonly closesAt: number;
}

/** A network's lane never closes: the largest int4. */
const NEVER = 2_147_483_647;

@Injectable()
export class GuessLanes {
  private hasWarned = false;

  constructor(
    private readonly keys: LimitKeys,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  async ofDevice(deviceId: string): Promise<Lane> {
    const { GUESSES_FREE_DEVICE: free, GUESS_DELAY_SECONDS: maxDelaySeconds, GUESSES_MAX: closesAt } = this.config;
    return { kind: 'device', name: await this.name('device', deviceId), free, maxDelaySeconds, closesAt };
  }

  /**
   * The network's before that of all: what it refuses never reaches the other. A caller whose address is not known has none,
   * else all of these would share one.
   */
  async ofUnknown(ip: string | null): Promise<Lane[]> {
    const network = addressOf(ip);
    if (network === undefined) this.warn();
    return network === undefined ? [await this.ofAll()] : [await this.ofNetwork(network), await this.ofAll()];
  }

  private async ofNetwork(network: string): Promise<Lane> {
    const { GUESSES_FREE_NETWORK: free, GUESS_DELAY_SECONDS: maxDelaySeconds } = this.config;
    return { kind: 'net', name: await this.name('net', network), free, maxDelaySeconds, closesAt: NEVER };
  }

  async ofAll(): Promise<Lane> {
    const { GUESSES_FREE_ACCOUNT: free, GUESS_DELAY_ACCOUNT_SECONDS: maxDelaySeconds, GUESSES_MAX } = this.config;
    return { kind: 'all', name: await this.name('all', ''), free, maxDelaySeconds, closesAt: GUESSES_MAX };
  }

  private async name(kind: LaneKind, who: string): Promise<Buffer> {
    return Buffer.concat([Buffer.of(tags[kind]), await this.keys.nameOf(kind, who)]);
  }

  private warn(): void {
    const sentence = 'A caller has no address: is TRUST_PROXY right? No limit by network holds for them.';
    if (!this.hasWarned) this.log.warn({ event: 'limits.no_address' }, sentence);
    this.hasWarned = true;
  }
}

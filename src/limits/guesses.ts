// Charges a guess at a proof of identity before it is verified, and settles it afterwards. Every proof uses it.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Transaction } from '../database/database.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import type { Asking } from '../http/exchange.js';
import type { Device } from './devices.js';
import { type Account, type Charge, GuessBudget, type GuessKind } from './guess-budget.js';
import { GuessLanes } from './guess-lanes.js';
import { KnownDevices } from './known-devices.js';
import { Spray } from './spray.js';
import { type HeldPoints, VolumeLimit } from './volume-limit.js';

export interface Guess {
  readonly kind: GuessKind;
  readonly route: 'login' | 'password_change' | 'reauthenticate' | 'email_change';
  /** The user, or undefined if nobody has the address. Both are treated alike. */
  readonly user: { readonly id: string; readonly sessionEpoch: number } | undefined;
  /** What the caller named: the canonical address, or the user id. */
  readonly named: string;
  readonly deviceToken?: string | undefined;
  /** Called if too many wrong guesses have closed the account to this device, before the refusal. */
  readonly whenClosed?: () => Promise<void>;
}

/** The charges of one guess. */
interface Taken {
  readonly charge: Charge;
  /** Of the caller's networks. A known device needs none. */
  readonly held?: HeldPoints;
}

@Injectable()
export class Guesses {
  constructor(
    private readonly budget: GuessBudget,
    private readonly volume: VolumeLimit,
    private readonly devices: KnownDevices,
    private readonly lanes: GuessLanes,
    private readonly spray: Spray,
    private readonly config: Config,
  ) {}

  /**
   * @param verify whether the guess was right; called only when the guess was paid for
   * @throws Refusal `too_many_attempts` (nothing was verified); whatever `verify` throws (the guess is given back)
   */
  async judge(guess: Guess, { caller, request }: Asking, verify: () => Promise<boolean>): Promise<boolean> {
    if (this.config.RATE_LIMITS === 'off') return verify();
    const account = await this.budget.accountOf(guess.kind, guess.user?.id ?? guess.named);
    const device = await this.devices.of(guess.user, request, guess.deviceToken);
    const byDevice = device && (await this.takeByDevice(guess, account, device));
    if (device && !byDevice) this.devices.noteClosed(request, device);
    const taken = byDevice ?? (await this.takeByNetwork(guess, account, caller));
    try {
      const isRight = await this.verified(verify, taken.charge);
      if (isRight) await this.budget.clear(taken.charge);
      else await Promise.all([taken.held?.count(), this.spray.note(account.subject, caller)]);
      return isRight;
    } finally {
      taken.held?.release();
    }
  }

  private async verified(verify: () => Promise<boolean>, charge: Charge): Promise<boolean> {
    try {
      return await verify();
    } catch (error) {
      await this.budget.giveBack(charge);
      throw error;
    }
  }

  /** Opens the account to unknown devices again, of which a stranger may have closed it to all. */
  async reopen(tx: Transaction, kind: GuessKind, userId: string): Promise<void> {
    await this.budget.clearIn(tx, await this.budget.accountOf(kind, userId), [await this.lanes.ofAll()]);
  }

  /** @returns undefined where the device's lane is closed: it counts as unknown */
  private async takeByDevice({ route }: Guess, account: Account, device: Device): Promise<Taken | undefined> {
    const charge = await this.budget.charge(account, [await this.devices.laneOf(device)], route);
    if ('lanes' in charge) return { charge };
    if (charge.isClosed) return undefined;
    throw new Refusal('too_many_attempts', { retryAfter: charge.retryAfter });
  }

  private async takeByNetwork({ route, whenClosed }: Guess, account: Account, { ip }: Caller): Promise<Taken> {
    const held = await this.volume.hold('failure', ip);
    try {
      const charge = await this.budget.charge(account, await this.lanes.ofUnknown(ip), route);
      if ('lanes' in charge) return { charge, held };
      if (charge.isClosed) await whenClosed?.();
      throw new Refusal('too_many_attempts', { retryAfter: charge.retryAfter });
    } catch (error) {
      held.release();
      throw error;
    }
  }
}

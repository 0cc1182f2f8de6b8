// Verifies a password: takes a place, looks the user up, charges, verifies and settles. No other code verifies one.
import { Injectable } from '@nestjs/common';
import type { Asking } from '../../http/exchange.js';
import { type Guess, Guesses } from '../../limits/guesses.js';
import { addressOf } from '../../limits/network.js';
import type { User } from '../../users/users.js';
import { Decoys } from './decoys.js';
import { Passwords } from './passwords.js';

/** Whose password, and how they are found. */
export interface Claim<Found extends User = User> extends Pick<
  Guess,
  'route' | 'named' | 'deviceToken' | 'whenClosed'
> {
  readonly find: () => Promise<Found | undefined>;
}

interface Checked<Found extends User> {
  readonly user: Found | undefined;
  /** The password of a disabled user may be right, but it does not count. */
  readonly isRight: boolean;
}

@Injectable()
export class PasswordCheck {
  constructor(
    private readonly passwords: Passwords,
    private readonly guesses: Guesses,
    private readonly decoys: Decoys,
  ) {}

  /** @throws Refusal `too_many_attempts`, `overloaded` */
  check<Found extends User>(
    { find, ...claim }: Claim<Found>,
    password: string,
    exchange: Asking,
  ): Promise<Checked<Found>> {
    const holder = { network: addressOf(exchange.caller.ip), account: claim.named };
    return this.passwords.withPlace(holder, async (turn) => {
      const user = await find();
      let isRight = false;
      await this.guesses.judge({ ...claim, kind: 'password', user }, exchange, async () => {
        const decoy = this.decoys.of(claim.named);
        isRight = await turn(() => this.passwords.isRight(password, user?.passwordHash ?? null, decoy));
        return isRight && user?.disabledAt === null;
      });
      return { user, isRight };
    });
  }
}

// Follows the link of a mail: whatever is wrong with its token, the answer is the same.
import { Injectable } from '@nestjs/common';
import type { TokenPurpose } from '../database/schema/vocabularies.js';
import { Refusal } from '../errors.js';
import type { Caller } from '../http/caller.js';
import { VolumeLimit } from '../limits/volume-limit.js';
import { parseOneTimeToken } from './one-time-token.js';
import { type Looked, OneTimeTokens } from './one-time-tokens.js';

@Injectable()
export class MailedLinks {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly volume: VolumeLimit,
  ) {}

  /**
   * A failure counts for the caller's networks, which must have room for it before the look. Garbage costs nothing, neither
   * a query nor a point.
   * @param act what is costly, and then a transaction that spends the token first; undefined if it could not be spent.
   *   What it throws says nothing about the token, and does not count.
   * @throws Refusal `token_invalid`, `too_many_attempts`; whatever `act` throws
   */
  async follow<T>(
    text: string,
    purpose: TokenPurpose,
    { ip }: Caller,
    act: (looked: Looked) => Promise<T | undefined>,
  ): Promise<T> {
    if (parseOneTimeToken(text)?.purpose !== purpose) throw new Refusal('token_invalid');
    const held = await this.volume.hold('failure', ip);
    try {
      const done = await this.lookAndAct(text, purpose, act);
      if (done !== undefined) return done;
      await held.count();
      throw new Refusal('token_invalid');
    } finally {
      held.release();
    }
  }

  private async lookAndAct<T>(text: string, purpose: TokenPurpose, act: (looked: Looked) => Promise<T | undefined>) {
    const looked = await this.tokens.look(text, purpose);
    return looked && act(looked);
  }
}

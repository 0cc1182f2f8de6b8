// Limits the mails to one address, whoever asks for them, and the mails of the whole service. Both count what is asked for,
// known address or not: nobody has been looked up yet.
import { Injectable } from '@nestjs/common';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { Metrics } from '../telemetry/metrics.js';
import { LimitKeys } from './limit-keys.js';
import { LimitStores } from './limit-stores.js';
import { givePointBack, takePoint } from './points.js';

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];
const EVERYBODY = 'everybody';
/** Many more than a person causes in a day, and few enough not to bury other mail. */
const NOTICES_PER_DAY = 20;

/** One point of one limiter. */
interface Point {
  readonly limiter: RateLimiterAbstract;
  readonly key: string;
}

@Injectable()
export class MailLimit {
  private readonly pause: RateLimiterAbstract;
  private readonly hour: RateLimiterAbstract;
  private readonly day: RateLimiterAbstract;
  private readonly daily: RateLimiterAbstract;
  private readonly notices: RateLimiterAbstract;
  private readonly everybody: RateLimiterAbstract;
  private readonly refused;

  constructor(
    private readonly keys: LimitKeys,
    private readonly config: Config,
    stores: LimitStores,
    metrics: Metrics,
  ) {
    this.pause = stores.limiter('mail:pause', 1, config.MAIL_PAUSE_SECONDS);
    this.hour = stores.limiter('mail:hour', config.MAILS_PER_HOUR, HOUR);
    this.day = stores.limiter('mail:day', config.MAILS_PER_DAY, DAY);
    this.daily = stores.limiter('mail:daily', 1, DAY);
    this.notices = stores.limiter('mail:notices', NOTICES_PER_DAY, DAY);
    this.everybody = stores.limiter('mail:everybody', config.MAILS_PER_MINUTE, MINUTE);
    const help = 'Mails that were asked for and not queued, by limit';
    this.refused = metrics.counter('watchword_mails_refused_total', help, 'limit');
    metrics.fromZero(this.refused, 'limit', 'address', 'notices', 'everybody');
  }

  /**
   * The pause is of one kind: whoever reads that they have an account may ask for a reset at once.
   * @returns the seconds until the next mail may go to the address; 0 if one may go now, which is then charged
   * @throws Refusal `too_many_attempts` if the whole service is asked for too many; then nothing was charged
   */
  async take(kind: string, address: string): Promise<number> {
    if (this.config.RATE_LIMITS === 'off') return 0;
    const mailbox = mailboxOf(address);
    const [ofKind, ofAll] = await Promise.all([this.nameOf(kind, mailbox), this.nameOf(mailbox)]);
    const points: readonly Point[] = [
      { limiter: this.pause, key: ofKind },
      { limiter: this.hour, key: ofAll },
      { limiter: this.day, key: ofAll },
      { limiter: this.everybody, key: EVERYBODY },
    ];
    for (const [at, { limiter, key }] of points.entries()) {
      const wait = await takePoint(limiter, key);
      if (wait === 0) continue;
      // What refuses keeps its point: it counts anew when its window is over.
      await Promise.all(points.slice(0, at).map((point) => givePointBack(point.limiter, point.key)));
      this.refused.inc({ limit: limiter === this.everybody ? 'everybody' : 'address' });
      const retryAfter = Math.ceil(wait / 1_000);
      if (limiter === this.everybody) throw new Refusal('too_many_attempts', { retryAfter });
      return retryAfter;
    }
    return 0;
  }

  /**
   * Notices of what happened to an account. They have a budget of their own: else whoever asks for mails to an address could
   * use up the notice of what they do next. @returns whether one may go
   */
  async takeNotice(address: string): Promise<boolean> {
    if (this.config.RATE_LIMITS === 'off') return true;
    const isFree = (await takePoint(this.notices, await this.nameOf('notice', mailboxOf(address)))) === 0;
    if (!isFree) this.refused.inc({ limit: 'notices' });
    return isFree;
  }

  /** One mail of a kind a day for each address, beside those that the address may ask for. @returns whether it may go */
  async takeDaily(kind: string, address: string): Promise<boolean> {
    return (await takePoint(this.daily, await this.nameOf(kind, address))) === 0;
  }

  private async nameOf(...parts: readonly string[]): Promise<string> {
    return (await this.keys.nameOf('mail', ...parts)).toString('base64url');
  }
}

/** Mail to `name+anything@host` reaches `name@host` at most servers (RFC 5233): else one mailbox has endless addresses. */
const mailboxOf = (address: string): string => address.replace(/^([^+@]+)\+[^@]*@/, '$1@');

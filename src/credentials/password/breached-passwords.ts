// Asks PASSWORD_BREACH_URL whether a password is known from a breach. Of the password's SHA-1 only five characters leave
// (k-anonymity, as haveibeenpwned.com/API/v3#PwnedPasswords has it). Without an answer the password is accepted.
import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { reasonOf } from '../../runtime/reason.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';

const TIMEOUT_MS = 1_000;
const PREFIX_LENGTH = 5;
/** A padded answer of Have I Been Pwned has about 1,000 lines, 40 KB. */
const MAX_ANSWER_BYTES = 1_000_000;

@Injectable()
export class BreachedPasswords {
  private readonly url: string | undefined;
  private readonly checks;

  constructor(
    config: Config,
    metrics: Metrics,
    private readonly log: Log,
  ) {
    this.url = config.PASSWORD_BREACH_URL?.replace(/\/$/, '');
    const help = 'Passwords that PASSWORD_BREACH_URL was asked about';
    this.checks = metrics.counter('watchword_password_breach_checks_total', help, 'outcome');
    metrics.fromZero(this.checks, 'outcome', 'unknown', 'breached', 'failed');
  }

  /** @returns false also if the API does not answer, which is logged and counted */
  async has(password: string): Promise<boolean> {
    if (this.url === undefined) return false;
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
    try {
      const isBreached = await this.ask(this.url, digest);
      this.checks.inc({ outcome: isBreached ? 'breached' : 'unknown' });
      return isBreached;
    } catch (error) {
      this.checks.inc({ outcome: 'failed' });
      this.log.warn({ event: 'password.breach_check_failed', reason: reasonOf(error) });
      return false;
    }
  }

  private async ask(url: string, digest: string): Promise<boolean> {
    const answer = await fetch(`${url}/${digest.slice(0, PREFIX_LENGTH)}`, {
      // Padding: otherwise the length of the answer would reveal the prefix to an eavesdropper.
      headers: { 'add-padding': 'true', 'user-agent': 'watchword' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw new Error(`status ${answer.status}`);
    }
    const counts = countsIn(await bounded(answer));
    // Padding lines have the count 0.
    return (counts.get(digest.slice(PREFIX_LENGTH)) ?? 0) > 0;
  }
}

/** Lines of `35 characters of SHA-1:count`. An answer without such lines is not valid: it may be a proxy's page. */
function countsIn(text: string): ReadonlyMap<string, number> {
  const lines = [...text.matchAll(/^([0-9A-F]{35}):(\d+)\r?$/gim)];
  if (lines.length === 0) throw new Error('not a list of hashes');
  return new Map(lines.map(([, suffix = '', count]) => [suffix.toUpperCase(), Number(count)]));
}

async function bounded(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  return text;
}

// Clients of a run: they refresh, check, sign out and sign in, try again while they are told to, and keep account of what
// they were promised.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chapter, Ledger } from './ledger.js';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/** Tokens whose logout was answered with 2xx. */
interface Ended extends Tokens {
  /** The event after which that was. */
  readonly chapter: Chapter;
  /** Whoever refreshes with a token of before is a thief from then on. */
  isRefreshed: boolean;
}

/** What a client does when nothing else is to be done, and how often of 100. */
const acts = [
  ['refresh', 45],
  ['check', 45],
  ['logout', 10],
] as const;

/** Within the grace, also that of an instance that has just started. */
const PATIENCE_MS = 55_000;

export class Clients {
  private readonly ended: Ended[] = [];
  private isOver = false;
  private running: Promise<void>[] = [];

  constructor(
    private readonly urls: readonly string[],
    private readonly ledger: Ledger,
    private readonly random: () => number,
  ) {}

  start(count: number, pauseMs: number): void {
    this.running = [
      ...Array.from({ length: count }, () => this.live(pauseMs)),
      ...Array.from({ length: 4 }, () => this.distrust(pauseMs / 4)),
    ];
  }

  /** Ends after each client has found its own session alive, and each instance has refused every ended token. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
    const rest = [...this.ended];
    const checkRest = async () => {
      for (let ended = rest.pop(); ended; ended = rest.pop())
        for (const url of this.urls) await this.checkEnded(ended, url);
    };
    await Promise.all(Array.from({ length: 8 }, checkRest));
  }

  private async live(pauseMs: number): Promise<void> {
    let tokens = await this.enter();
    while (!this.isOver) {
      await sleep(pauseMs * (0.5 + this.random()));
      let lot = this.random() * 100;
      const [act] = acts.find(([, share]) => (lot -= share) < 0) ?? acts[0];
      if (act === 'refresh') tokens = (await this.refresh(tokens)) ?? (await this.enter());
      else if (act === 'check') tokens = await this.check(tokens);
      else {
        await this.logout(tokens);
        tokens = await this.enter();
      }
    }
    await this.refresh(tokens);
  }

  /** Presents ended tokens again and again, as whoever stole them would. */
  private async distrust(pauseMs: number): Promise<void> {
    while (!this.isOver) {
      await sleep(pauseMs);
      const recent = this.ended.slice(-150);
      const tokens = recent[Math.floor(this.random() * recent.length)];
      if (tokens) await this.checkEnded(tokens, this.anyUrl());
    }
  }

  private async checkEnded(ended: Ended, url: string): Promise<void> {
    const { chapter, accessToken, refreshToken } = ended;
    const check = await this.send('GET', '/auth/me', { accessToken, url });
    if (check.status === 200) chapter.noteAccepted(accessToken);
    if (ended.isRefreshed || (this.random() > 0.3 && !this.isOver)) return;
    ended.isRefreshed = true;
    const { status } = await this.send('POST', '/auth/refresh', { url, body: { refreshToken } });
    if (status === 200) chapter.noteAccepted(accessToken);
    else ended.isRefreshed = false;
  }

  /** Registers and signs in. */
  private async enter(): Promise<Tokens> {
    for (;;) {
      const person = {
        email: `${randomBytes(10).toString('hex')}@example.com`,
        password: randomBytes(12).toString('hex'),
      };
      const registered = await this.until(() => this.send('POST', '/auth/register', { body: person }));
      if (registered.status !== 201 && registered.status !== 409)
        throw new Error(`register: ${registered.status} ${JSON.stringify(registered.body)}`);
      const body = { ...person, transport: 'bearer' };
      const entered = await this.until(() => this.send('POST', '/auth/login', { body }));
      if (entered.status === 200) {
        this.ledger.now.signIns++;
        this.ledger.now.noteWrite();
        return tokensOf(entered);
      }
      this.ledger.now.lostAccounts++;
    }
  }

  /** @returns undefined if the session is gone */
  private async refresh({ refreshToken }: Tokens): Promise<Tokens | undefined> {
    const answer = await this.until(() => this.send('POST', '/auth/refresh', { body: { refreshToken } }));
    const { now } = this.ledger;
    if (answer.status !== 200) {
      now.lost.push(codeOf(answer));
      return undefined;
    }
    now.refreshes++;
    now.noteWrite();
    return tokensOf(answer);
  }

  private async check(tokens: Tokens): Promise<Tokens> {
    const { accessToken } = tokens;
    const answer = await this.until(() => this.send('GET', '/auth/me', { accessToken }));
    this.ledger.now.checks++;
    if (answer.status === 200) return tokens;
    if (answer.body['session'] === 'keep') return (await this.refresh(tokens)) ?? (await this.enter());
    this.ledger.now.lost.push(codeOf(answer));
    return this.enter();
  }

  private async logout(tokens: Tokens): Promise<void> {
    const { accessToken } = tokens;
    const answer = await this.until(() => this.send('POST', '/auth/logout', { accessToken }));
    const { now } = this.ledger;
    if (answer.status < 300) {
      now.logouts++;
      now.noteWrite();
      const ended = { ...tokens, chapter: now, isRefreshed: false };
      this.ended.push(ended);
      for (const url of this.urls) await this.checkEnded(ended, url);
      return;
    }
    // A logout whose answer was lost has ended the session; anything else was not the client's doing.
    if (codeOf(answer) !== 'token_revoked') now.lost.push(codeOf(answer));
  }

  /** Repeats an act while the answer is that it should be repeated. */
  private async until(act: () => Promise<Answer>): Promise<Answer> {
    for (const endAt = performance.now() + PATIENCE_MS; ; await sleep(300)) {
      const answer = await act();
      const isFinal = answer.status !== 0 && answer.status !== 503 && answer.status !== 429;
      if (isFinal || performance.now() > endAt) return answer;
      this.ledger.now.retries++;
    }
  }

  private async send(
    method: string,
    path: string,
    { accessToken, body, url = this.anyUrl() }: { accessToken?: string; body?: object; url?: string },
  ): Promise<Answer> {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
    };
    try {
      const signal = AbortSignal.timeout(12_000);
      const given = body ? { body: JSON.stringify(body) } : {};
      const answer = await fetch(url + path, { method, headers, signal, ...given });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
    } catch {
      return { status: 0, body: {} }; // no answer: nobody knows what the service did
    }
  }

  private anyUrl(): string {
    return this.urls[Math.floor(this.random() * this.urls.length)] ?? '';
  }
}

const codeOf = ({ status, body: { code } }: Answer) => (typeof code === 'string' ? code : String(status));
const tokensOf = ({ body }: Answer): Tokens => ({
  accessToken: String(body['accessToken']),
  refreshToken: String(body['refreshToken']),
});

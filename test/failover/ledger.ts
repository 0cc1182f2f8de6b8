// What happened during each event of a run, and which promises it broke.

export const kinds = ['kill postgres', 'kill node', 'hang', 'switchover'] as const;
export type Kind = (typeof kinds)[number];

/** The counts of one event, from its beginning to that of the next one. */
export class Chapter {
  refreshes = 0;
  signIns = 0;
  logouts = 0;
  checks = 0;
  /** Answers that said "try again". */
  retries = 0;
  /** What lost sessions were told, by code. */
  readonly lost: string[] = [];
  /** Accounts whose registration was answered, and which are gone. */
  lostAccounts = 0;
  /** Tokens that were accepted after their logout had been answered in this chapter. */
  private readonly accepted = new Set<string>();
  /** Milliseconds since its beginning at which the last one was accepted. */
  private lastAcceptedMs = 0;
  readonly alerts: string[] = [];
  /** Of the longest time in which nothing was written. */
  outageMs = 0;
  private readonly beganAt = performance.now();
  private lastWriteAt = performance.now();

  constructor(
    readonly kind: Kind | 'before',
    readonly isSynchronous: boolean,
  ) {}

  get elapsed(): number {
    return performance.now() - this.beganAt;
  }

  noteAccepted(token: string): void {
    this.accepted.add(token);
    this.lastAcceptedMs = this.elapsed;
  }

  get acceptedUntil(): string {
    return this.accepted.size === 0 ? '0' : `${this.accepted.size} (until ${seconds(this.lastAcceptedMs)})`;
  }

  noteWrite(): void {
    this.outageMs = Math.max(this.outageMs, performance.now() - this.lastWriteAt);
    this.lastWriteAt = performance.now();
  }

  get saysSo(): boolean {
    return this.alerts.some((name) => TIMELINE.test(name));
  }

  /** Alerts of thefts that nobody committed. */
  get falseAlerts(): string[] {
    return this.alerts.filter((name) => !TIMELINE.test(name));
  }

  get broken(): string[] {
    const { accepted, falseAlerts, lost, lostAccounts } = this;
    const found = falseAlerts.length > 0 ? [`false alerts: ${falseAlerts.join(', ')}`] : [];
    if (this.isSynchronous) {
      if (lost.length > 0) found.push(`${lost.length} sessions lost: ${unique(lost)}`);
      if (lostAccounts > 0) found.push(`${lostAccounts} accounts lost`);
      if (accepted.size > 0) found.push(`${accepted.size} tokens were accepted after their logout`);
      return found;
    }
    const hasLost = lost.length + lostAccounts + accepted.size > 0;
    if (hasLost && !this.saysSo) found.push('commits were lost, and no alert said so');
    return found;
  }
}

/** The alert of a server that took over. */
const TIMELINE = /timeline/;

const unique = (values: readonly string[]): string => [...new Set(values)].join(', ') || '-';

export class Ledger {
  readonly chapters: Chapter[] = [new Chapter('before', true)];

  get now(): Chapter {
    const last = this.chapters.at(-1);
    if (!last) throw new Error('no chapter');
    return last;
  }

  begin(kind: Kind, isSynchronous: boolean): Chapter {
    const next = new Chapter(kind, isSynchronous);
    this.chapters.push(next);
    return next;
  }

  get broken(): string[] {
    return this.chapters.flatMap((chapter, at) =>
      chapter.broken.map((what) => `${at}. ${chapter.kind} (${modeOf(chapter)}): ${what}`),
    );
  }

  table(): string {
    const head = ['event', 'replication', 'no write for', 'refreshes', 'checks', 'logouts', 'sign-ins', 'answers 503'];
    const columns = [...head, 'sessions lost', 'accepted after logout', 'alerts'];
    const rows = this.chapters.map((chapter, at) => [
      `${at}. ${chapter.kind}`,
      modeOf(chapter),
      at === 0 ? '-' : seconds(chapter.outageMs),
      ...[chapter.refreshes, chapter.checks, chapter.logouts, chapter.signIns, chapter.retries].map(String),
      chapter.lost.length === 0 ? '0' : `${chapter.lost.length} (${unique(chapter.lost)})`,
      chapter.acceptedUntil,
      unique(chapter.alerts),
    ]);
    return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  }
}

const modeOf = ({ isSynchronous }: Chapter) => (isSynchronous ? 'synchronous' : 'asynchronous');
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

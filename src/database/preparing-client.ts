// Which statements does PostgreSQL parse and plan once for each connection? Those that come again and again on it.
import { createHash } from 'node:crypto';
import pg from 'pg';

/** A statement is worth a name from here on; one that is said once or twice is not. */
const SEEN_OFTEN = 3;
/** Statements of varying length (lists of values) must not fill the server's memory with plans. */
const MAX_NAMES = 100;
/** A migration has changed what a statement returns (PostgreSQL, Appendix A: feature_not_supported). */
const PLAN_OUTDATED = '0A000';

interface Statement {
  readonly text: string;
  readonly name?: string | undefined;
}

const names = new Map<string, string>();

/** A statement's name follows from its text, so that none is ever two statements' (pg refuses that). */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `watchword_${createHash('sha256').update(text).digest('base64url').slice(0, 24)}`;
  names.set(text, name);
  return name;
}

const isStatement = (query: unknown): query is Statement =>
  typeof query === 'object' && query !== null && typeof (query as Statement).text === 'string' && !('submit' in query);

/** Gives names to statements: the protocol's own prepared statements, which pg keeps for each connection. */
export class PreparingClient extends pg.Client {
  private readonly seen = new Map<string, number>();
  private named = 0;
  private isOutdated = false;

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const send = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((query: unknown, ...rest: unknown[]) => {
      const answer = send(isStatement(query) ? this.prepared(query) : query, ...rest);
      if (answer instanceof Promise) answer.catch((error: unknown) => this.noteOutdated(error));
      return answer;
    }) as typeof this.query;
  }

  private prepared(statement: Statement): Statement {
    const { text, name } = statement;
    if (name !== undefined || this.isOutdated) return statement;
    const times = (this.seen.get(text) ?? 0) + 1;
    if (times > SEEN_OFTEN) return { ...statement, name: nameOf(text) };
    if (times === SEEN_OFTEN && this.named++ >= MAX_NAMES) return statement;
    this.seen.set(text, times);
    return statement;
  }

  /** One request hears of it at most for each connection; from then on nothing is prepared on it. */
  private noteOutdated(error: unknown): void {
    if (error instanceof Error && (error as { code?: unknown }).code === PLAN_OUTDATED) this.isOutdated = true;
  }
}

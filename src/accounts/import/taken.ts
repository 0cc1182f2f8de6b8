// Decides which lines of a batch can be imported: whatever is taken, also by an earlier line, is refused.
import type { ReadLine } from './import-line.js';
import type { LineCode, RefusedLine } from './line-codes.js';

/** A line whose fields are right. */
export interface Candidate extends ReadLine {
  readonly line: number;
}

/** What may exist once. */
export interface Taken {
  readonly emails: Lookup;
  readonly ids: Lookup;
  readonly tokenHashes: Lookup;
}

interface Lookup {
  has(text: string): boolean;
  add(text: string): unknown;
}

interface Decided {
  readonly accepted: readonly Candidate[];
  readonly refused: readonly RefusedLine[];
}

/** In the order of the lines. What is accepted is taken from then on. */
export function decide(candidates: readonly Candidate[], taken: Taken): Decided {
  const accepted: Candidate[] = [];
  const refused: RefusedLine[] = [];
  for (const candidate of candidates) {
    const code = whyNot(candidate, taken);
    if (code) refused.push({ line: candidate.line, code });
    else {
      accepted.push(candidate);
      taken.emails.add(candidate.user.email);
      taken.ids.add(candidate.user.id);
      for (const { tokenHash } of candidate.sessions) taken.tokenHashes.add(tokenHash);
    }
  }
  return { accepted, refused };
}

function whyNot({ user, sessions }: Candidate, taken: Taken): LineCode | undefined {
  if (taken.emails.has(user.email)) return 'email_taken';
  if (taken.ids.has(user.id)) return 'id_taken';
  const hashes = sessions.map(({ tokenHash }) => tokenHash);
  const isTwice = new Set(hashes).size < hashes.length;
  return isTwice || hashes.some((hash) => taken.tokenHashes.has(hash)) ? 'session_taken' : undefined;
}

/** What the database holds, and what earlier lines of a dry run would have taken. */
export class Both implements Lookup {
  constructor(
    private readonly stored: ReadonlySet<string>,
    private readonly seen: Lookup,
  ) {}

  has(text: string): boolean {
    return this.stored.has(text) || this.seen.has(text);
  }

  add(text: string): void {
    this.seen.add(text);
  }
}

// Imports one batch of lines in one transaction: users, their sessions elsewhere, refusals, and how far the file is.
import { Injectable } from '@nestjs/common';
import { Database, type Queries, type Transaction } from '../../database/database.js';
import { inTransaction } from '../../database/transactions.js';
import { takeTurn } from '../../database/turns.js';
import { ForeignSessions } from '../../sessions/foreign-sessions.js';
import { ImportedUsers } from '../../users/imported-users.js';
import { PendingUsers } from '../../users/pending-users.js';
import { Imports, type Progress } from './imports.js';
import type { RefusedLine } from './line-codes.js';
import { Both, type Candidate, decide, type Taken } from './taken.js';
import { Seen } from './seen.js';

export interface Batch {
  readonly candidates: readonly Candidate[];
  readonly refused: readonly RefusedLine[];
  /** Its last line. */
  readonly line: number;
}

export interface Outcome {
  readonly progress: Progress;
  readonly refused: readonly RefusedLine[];
}

/** What a dry run has seen so far. */
export const nothingSeen = (): Taken => ({ emails: new Seen(), ids: new Seen(), tokenHashes: new Seen() });

@Injectable()
export class ImportBatch {
  constructor(
    private readonly database: Database,
    private readonly importedUsers: ImportedUsers,
    private readonly pendingUsers: PendingUsers,
    private readonly foreignSessions: ForeignSessions,
    private readonly imports: Imports,
  ) {}

  /** @returns undefined if another process imports the file */
  write(sha256: Buffer, before: Progress, batch: Batch): Promise<Outcome | undefined> {
    return inTransaction(this.database, async (tx) => {
      await takeTurn(tx, 'imports'); // two files that share addresses would deadlock
      if (!(await this.imports.claim(tx, sha256, before.line, batch.line))) return undefined;
      const { accepted, refused } = decide(batch.candidates, await this.taken(tx, batch));
      const created = await this.create(tx, accepted);
      // Somebody registered the address in this very moment.
      const late = accepted.filter(({ user }) => !created.has(user.id)).map(({ line }) => takenBy(line));
      const outcome = outcomeOf(before, batch, created.size, [...refused, ...late]);
      await this.imports.refuse(tx, sha256, outcome.refused);
      await this.imports.count(tx, sha256, outcome.progress);
      return outcome;
    });
  }

  /** What `write` would do, without doing it. @param seen what earlier batches would have taken; this one adds to it */
  async foretell(before: Progress, batch: Batch, seen: Taken): Promise<Outcome> {
    const { accepted, refused } = decide(batch.candidates, await this.taken(this.database, batch, seen));
    return outcomeOf(before, batch, accepted.length, refused);
  }

  private async create(tx: Transaction, accepted: readonly Candidate[]): Promise<ReadonlySet<string>> {
    const people = accepted.map(({ user }) => user);
    await this.pendingUsers.giveWayAll(
      tx,
      people.map(({ email }) => email),
    );
    const created = await this.importedUsers.create(tx, people);
    const sessions = accepted.filter(({ user }) => created.has(user.id)).flatMap((each) => each.sessions);
    await this.foreignSessions.add(tx, sessions);
    return created;
  }

  private async taken(queries: Queries, { candidates }: Batch, seen: Taken = nothingSeen()): Promise<Taken> {
    const hashes = candidates.flatMap(({ sessions }) => sessions.map(({ tokenHash }) => tokenHash));
    const [emails, ids] = [candidates.map(({ user }) => user.email), candidates.map(({ user }) => user.id)];
    const stored = await this.importedUsers.taken(queries, emails, ids);
    return {
      emails: new Both(stored.emails, seen.emails),
      ids: new Both(stored.ids, seen.ids),
      tokenHashes: new Both(await this.foreignSessions.taken(queries, hashes), seen.tokenHashes),
    };
  }
}

const takenBy = (line: number): RefusedLine => ({ line, code: 'email_taken' });

function outcomeOf(before: Progress, batch: Batch, imported: number, refused: readonly RefusedLine[]): Outcome {
  const all = [...batch.refused, ...refused];
  return {
    progress: { line: batch.line, imported: before.imported + imported, refused: before.refused + all.length },
    refused: all,
  };
}

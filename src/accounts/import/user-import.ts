// Imports users from lines, batch by batch. A run that was interrupted goes on where the last batch ended.
import { Injectable } from '@nestjs/common';
import { Audit } from '../../audit/audit.js';
import { Config } from '../../config/config.js';
import type { Caller } from '../../http/caller.js';
import { ImportBatch, nothingSeen, type Outcome } from './import-batch.js';
import { ImportedHashes } from './imported-hashes.js';
import { Imports, LINES_NAMED, type Progress, type Refusals } from './imports.js';
import { readImportLine } from './import-line.js';
import type { RefusedLine } from './line-codes.js';
import type { Line } from './lines.js';
import type { Candidate } from './taken.js';

export interface ImportFile {
  readonly sha256: Buffer;
  readonly lines: AsyncIterable<Line>;
}

export interface ImportWish {
  readonly allowsRoles: boolean;
  readonly isDryRun: boolean;
  /** Told after each batch. */
  readonly onProgress: (progress: Progress) => void;
}

export interface ImportReport extends Progress {
  /** The last line that an earlier run had read. */
  readonly resumedAfter: number;
  readonly refusals: Readonly<Record<string, Refusals>>;
}

const BATCH_LINES = 500;
/** Bounds the memory where lines are long. */
const BATCH_BYTES = 4 * 1024 * 1024;

@Injectable()
export class UserImport {
  constructor(
    private readonly batch: ImportBatch,
    private readonly imports: Imports,
    private readonly hashes: ImportedHashes,
    private readonly audit: Audit,
    private readonly config: Config,
  ) {}

  /** @returns undefined if another process imports the file */
  async run(file: ImportFile, wish: ImportWish, by: string, caller: Caller): Promise<ImportReport | undefined> {
    const { sha256 } = file;
    const before = wish.isDryRun ? await this.imports.find(sha256) : await this.imports.begin(sha256);
    const refusals = new Map(Object.entries(await this.imports.refusals(sha256)));
    const seen = nothingSeen();
    let progress = before;
    for await (const lines of batchesOf(file.lines, before.line)) {
      const batch = await this.read(lines, wish);
      const outcome: Outcome | undefined = wish.isDryRun
        ? await this.batch.foretell(progress, batch, seen)
        : await this.batch.write(sha256, progress, batch);
      if (!outcome) return undefined;
      progress = outcome.progress;
      count(refusals, outcome.refused);
      wish.onProgress(progress);
    }
    const { line, imported, refused } = progress;
    if (!wish.isDryRun) {
      const counts = { lines: line, imported, refused };
      const event = { type: 'users.imported', sha256: sha256.toString('hex'), ...counts, by } as const;
      await this.audit.recordAlone(event, caller);
    }
    return { line, imported, refused, resumedAfter: before.line, refusals: sorted(refusals) };
  }

  private async read(lines: readonly Line[], { allowsRoles, isDryRun }: ImportWish) {
    const candidates: Candidate[] = [];
    const refused: RefusedLine[] = [];
    const roles = { known: this.config.ROLES, isAllowed: allowsRoles };
    for (const { number: line, bytes } of lines) {
      const read = bytes ? readImportLine(bytes, roles) : 'line_too_long';
      if (read === undefined) continue;
      if (typeof read === 'string') refused.push({ line, code: read });
      else candidates.push({ line, ...read });
    }
    const stored = await this.hashes.storeAll(
      candidates.map(({ hash }) => hash),
      isDryRun,
    );
    const kept = candidates.flatMap((candidate, at) => {
      const hash = stored[at];
      if (hash && 'code' in hash) {
        refused.push({ line: candidate.line, code: hash.code });
        return [];
      }
      return [{ ...candidate, user: { ...candidate.user, passwordHash: hash?.stored ?? null } }];
    });
    return { candidates: kept, refused, line: lines.at(-1)?.number ?? 0 };
  }
}

async function* batchesOf(lines: AsyncIterable<Line>, after: number): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  let size = 0;
  for await (const line of lines) {
    if (line.number <= after) continue;
    batch.push(line);
    size += line.bytes?.length ?? 0;
    if (batch.length < BATCH_LINES && size < BATCH_BYTES) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function count(refusals: Map<string, Refusals>, refused: readonly RefusedLine[]): void {
  for (const { line, code } of refused.toSorted((a, b) => a.line - b.line)) {
    const { count: before, lines } = refusals.get(code) ?? { count: 0, lines: [] };
    const named = lines.length < LINES_NAMED ? [...lines, line] : lines;
    refusals.set(code, { count: before + 1, lines: named });
  }
}

const sorted = (refusals: ReadonlyMap<string, Refusals>) =>
  Object.fromEntries([...refusals].toSorted(([a], [b]) => (a < b ? -1 : 1)));

// users import: reads users from a file of another system, a line each.
import * as z from 'zod';
import type { ImportReport } from '../../accounts/import/user-import.js';
import { UserImport } from '../../accounts/import/user-import.js';
import { asDryRun, command } from '../command.js';
import { Failure } from '../failure.js';
import { openImportFile } from '../import-file.js';
import { flag } from '../input.js';

/** Lines between two signs of life. */
const SIGN_OF_LIFE = 50_000;

export const usersImport = command({
  name: 'users import',
  usage: 'FILE [--allow-roles]',
  about: 'create users from a file of JSON lines',
  details:
    'docs/migrating/README.md says what a line holds. An interrupted import goes on where it was: run it again. Exit code 1: some lines were refused, and the others are imported.',
  argument: ['[file]', 'the file, one JSON object per line'],
  options: { '--allow-roles': 'take the roles of the file; without it a line with a role other than user is refused' },
  hasDryRun: true,
  needs: 'tables',
  input: z.object({ file: z.string({ error: 'Missing FILE.' }), allowRoles: flag, dryRun: flag }),
  async run(desk, { file: path, allowRoles, dryRun }) {
    const file = await openImportFile(path);
    let shown = 0;
    const onProgress = ({ line, imported, refused }: Counts) => {
      if (line - shown < SIGN_OF_LIFE) return;
      shown = line;
      desk.warn(`${line} lines read: ${imported} users, ${refused} lines refused.`);
    };
    const wish = { allowsRoles: allowRoles, isDryRun: dryRun, onProgress };
    const report = await desk.get(UserImport).run(file, wish, 'operator', desk.caller);
    if (!report) throw Failure.of('import_underway', `Another process imports ${path}: this one has stopped.`);
    if (file.hasChanged())
      throw Failure.of('file_changed', `${path} changed while it was read: what was read is imported. Run it again.`);
    const sentence = dryRun ? asDryRun(sentenceOf(report, 'would be imported')) : sentenceOf(report, 'imported');
    const result = { dryRun, sha256: file.sha256.toString('hex'), ...resultOf(report) };
    return { sentence, result, failed: report.refused > 0 };
  },
});

type Counts = Pick<ImportReport, 'line' | 'imported' | 'refused'>;

const resultOf = ({ line, imported, refused, resumedAfter, refusals }: ImportReport) => ({
  ...{ lines: line, imported, refused, resumedAfter, refusals },
});

function sentenceOf({ line, imported, refused, resumedAfter, refusals }: ImportReport, done: string): string {
  const earlier = resumedAfter > 0 ? ` An earlier run had read the first ${resumedAfter}.` : '';
  const codes = Object.entries(refusals).map(
    ([code, { count, lines }]) => `  ${code}: ${count} (line ${lines.join(', ')}${count > lines.length ? ', …' : ''})`,
  );
  return [`${line} lines: ${imported} users ${done}, ${refused} lines refused.${earlier}`, ...codes].join('\n');
}

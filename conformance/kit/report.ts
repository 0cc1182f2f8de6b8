// The result of a run, as a table for people and as JSON for machines.
import type { Outcome } from './outcome.js';

const failures = ['logouts', 'doubleSuccessors', 'leaks', 'missedEnds', 'stuck'] as const;

export interface Row {
  readonly scenario: string;
  readonly sessions: number;
  readonly logouts: number;
  readonly doubleSuccessors: number;
  readonly leaks: number;
  readonly missedEnds: number;
  readonly stuck: number;
  readonly refreshesPerLife: number | null;
  readonly medianRecoveryMs: number | null;
  readonly worstRecoveryMs: number | null;
  readonly skipped: string | null;
}

export function rowsOf(outcomes: readonly Outcome[]): Row[] {
  const names = [...new Set(outcomes.map(({ scenario }) => scenario))];
  return names.map((scenario) => {
    const own = outcomes.filter((outcome) => outcome.scenario === scenario);
    const sum = (of: (outcome: Outcome) => number) => own.reduce((total, outcome) => total + of(outcome), 0);
    const recoveries = own.flatMap(({ recoveriesMs }) => recoveriesMs).toSorted((a, b) => a - b);
    const lives = sum((outcome) => outcome.lives);
    const rounded = (value: number | undefined) => (value === undefined ? null : Math.round(value));
    return {
      scenario,
      sessions: sum(({ sessions }) => sessions),
      logouts: sum(({ logouts }) => logouts.length),
      doubleSuccessors: sum(({ doubleSuccessors }) => doubleSuccessors.length),
      leaks: sum(({ leaks }) => leaks.length),
      missedEnds: sum(({ missedEnds }) => missedEnds.length),
      stuck: sum(({ stuck }) => stuck.length),
      refreshesPerLife: lives === 0 ? null : Math.round((100 * sum(({ refreshes }) => refreshes)) / lives) / 100,
      medianRecoveryMs: rounded(recoveries[Math.floor(recoveries.length / 2)]),
      worstRecoveryMs: rounded(recoveries.at(-1)),
      skipped: own.find(({ skipped }) => skipped !== undefined)?.skipped ?? null,
    };
  });
}

export const hasFailed = (outcomes: readonly Outcome[]): boolean =>
  outcomes.some((outcome) => failures.some((kind) => outcome[kind].length > 0));

/** @returns why a round failed, a line each */
export const reasonsOf = (outcome: Outcome): string[] =>
  failures.flatMap((kind) =>
    outcome[kind].map((reason) => `${outcome.scenario} (seed ${outcome.seed}): ${sentences[kind]}: ${reason}`),
  );

const sentences = {
  logouts: 'spurious logout',
  doubleSuccessors: 'double successor',
  leaks: 'credential sent to a foreign origin',
  missedEnds: 'missed end',
  stuck: 'stuck',
};

const columns: readonly (readonly [string, (row: Row) => string | number | null])[] = [
  ['scenario', (row) => row.scenario],
  ['sessions', (row) => row.sessions],
  ['logouts', (row) => row.logouts],
  ['successors', (row) => row.doubleSuccessors],
  ['leaks', (row) => row.leaks],
  ['missed ends', (row) => row.missedEnds],
  ['stuck', (row) => row.stuck],
  ['refreshes/life', (row) => row.refreshesPerLife],
  ['recovery ms', (row) => row.medianRecoveryMs],
  ['worst ms', (row) => row.worstRecoveryMs],
  ['', (row) => (row.skipped === null ? '' : `left out: ${row.skipped}`)],
];

export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = rowsOf(outcomes).map((row) => columns.map(([, of]) => String(of(row) ?? '–')));
  const table = [columns.map(([head]) => head), ...rows];
  const widths = columns.map((_column, index) => Math.max(...table.map((cells) => cells[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  return table.map(line).join('\n');
}

// Compares subjects fairly: in rounds, each in turn, so that a slow minute of the machine affects all of them.
import { named, QUIET, under } from './conditions.mjs';
import { tailOf } from './load.mjs';

/**
 * Each round goes through the conditions, and in each through the subjects.
 * @param subjects names and how each is measured: { name, measure(seconds), isSteady?, isSlow?, isQuietOnly? }; `measure` resolves to
 *   numbers by name, and the `latencies` of the answers if there are any; isSteady needs no warm-up, isSlow a long one
 * @param plan { rounds, warmup, compile, seconds }
 * @param conditions of conditions.mjs
 * @returns rows of { subject, figures: { <figure>: { median, min, max, spread } } }; spread is (max − min) / median
 */
export async function interleave(subjects, { rounds, ...plan }, conditions = [QUIET]) {
  const taken = takenRecords();
  for (let round = 0; round < rounds; round++)
    for (const condition of conditions) {
      const some = subjects.filter(({ isQuietOnly }) => condition === QUIET || !isQuietOnly);
      const isFirst = round === 0 && condition === conditions[0];
      await under(condition, taken, async () => {
        for (const subject of some) taken.add(named(subject.name, condition), await measured(subject, plan, isFirst));
      });
    }
  return taken.rows();
}

/** @returns what collects the records of each round, and makes rows of them */
export function takenRecords() {
  const taken = new Map();
  return {
    add: (name, record) => void taken.set(name, [...(taken.get(name) ?? []), record]),
    rows: () => [...taken].map(([subject, records]) => ({ subject, figures: figuresOf(records) })),
  };
}

async function measured({ measure, isSteady, isSlow }, { warmup, compile, seconds }, isFirst) {
  // The first warm-up is longer: code is compiled, caches fill, connections open.
  const [first, later] = isSlow ? [compile, 2 * warmup] : [3 * warmup, warmup];
  if (!isSteady) await measure(isFirst ? first : later);
  return measure(seconds);
}

/** @returns the rounds' summary, and the tail of all their answers together */
function figuresOf(records) {
  const tail = tailOf(records.flatMap(({ latencies = [] }) => latencies));
  return { ...summaryOf(records), ...summaryOf([tail]) };
}

/** @param records one per round, with the same figures; what is no number is left out */
export function summaryOf(records) {
  const names = Object.keys(records[0] ?? {}).filter((name) => typeof records[0][name] === 'number');
  const values = (name) => records.map((record) => record[name]).filter((value) => value !== undefined);
  return Object.fromEntries(names.map((name) => [name, summary(values(name))]));
}

/** @returns one summary of several runs: the median of their medians, and the least and the most of them */
export function summaryOfRuns(runs) {
  const medians = runs.map((figures) =>
    Object.fromEntries(Object.entries(figures).map(([name, { median }]) => [name, median])),
  );
  return runs.length === 1 ? runs[0] : summaryOf(medians);
}

function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
  const [min, max] = [sorted[0], sorted.at(-1)];
  return { median, min, max, spread: median ? (max - min) / median : 0 };
}

/** @returns a median out of the rows of `interleave` */
export function medianOf(rows, subject, figure = 'perSecond') {
  const row = rows.find((row) => row.subject === subject);
  if (!row) throw new Error(`nothing was measured of ${subject}`);
  return row.figures[figure].median;
}

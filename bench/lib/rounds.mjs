// Compares subjects fairly: in rounds, each in turn, so that a slow minute of the machine affects all of them.

/**
 * @param subjects names and how each is measured: { name, measure(seconds): Promise<Record<string, number>>, isSteady?, isSlow? }; isSteady needs no
 *   warm-up, isSlow a long one
 * @param plan { rounds, warmup, compile, seconds }
 * @returns rows of { subject, figures: { <figure>: { median, min, max, spread } } }; spread is (max − min) / median
 */
export async function interleave(subjects, { rounds, warmup, compile, seconds }) {
  const taken = new Map(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, measure, isSteady, isSlow } of subjects) {
      // The first warm-up is longer: code is compiled, caches fill, connections open.
      const [first, later] = isSlow ? [compile, 2 * warmup] : [3 * warmup, warmup];
      if (!isSteady) await measure(round === 0 ? first : later);
      taken.get(name).push(await measure(seconds));
    }
  }
  return subjects.map(({ name }) => ({ subject: name, figures: summaryOf(taken.get(name)) }));
}

/** @param records one per round, with the same figures */
export function summaryOf(records) {
  const names = Object.keys(records[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, summary(records.map((record) => record[name]))]));
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

// Renders the results as Markdown tables, for the terminal and for docs/measurements.md.

const figure = (value) =>
  Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(Math.abs(value) >= 100 ? 3 : 2)));

/** The meaning of figures whose names do not explain them. */
const UNITS = { perSecond: '/s', p50: ' ms (p50)', p99: ' ms (p99)' };
const labelOf = (name) => UNITS[name] ?? ` ${name}`;

/** @returns the targets of one scenario */
export function targetsTable(targets) {
  if (targets.length === 0) return '';
  const lines = targets.map(
    ({ name, target, measured, met }) => `| ${name} | ${target} | ${figure(measured)} | ${met ? 'yes' : '**no**'} |`,
  );
  return ['| target | wanted | measured | met |', '| --- | --- | --- | --- |', ...lines].join('\n');
}

/** @returns the medians and, in brackets, the least and the most of the rounds */
export function rowsTable(rows) {
  const cell = ([name, { median, min, max }]) =>
    `${figure(median)}${labelOf(name)}${min === max ? '' : ` (${figure(min)} … ${figure(max)})`}`;
  const lines = rows.map(({ subject, figures }) => `| ${subject} | ${Object.entries(figures).map(cell).join('; ')} |`);
  return ['| what | median (least … most) |', '| --- | --- |', ...lines].join('\n');
}

export const scenarioText = ({ name, seconds, rows, targets }) =>
  [`\n## ${name} (${seconds} s)`, rowsTable(rows), targetsTable(targets)].filter(Boolean).join('\n\n');

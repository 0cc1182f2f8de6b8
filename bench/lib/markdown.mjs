// Renders the results as Markdown tables, for the terminal and for docs/measurements.md.

const figure = (value) =>
  Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(Math.abs(value) >= 100 ? 3 : 2)));

/** The meaning of figures whose names do not explain them. */
const UNITS = {
  perSecond: '/s',
  p50: ' ms (p50)',
  p99: ' ms (p99)',
  'p99.9': ' ms (p99.9)',
  cpuMs: ' ms of CPU',
};
const labelOf = (name) => UNITS[name] ?? ` ${name}`;
/** The figures of a load and of what it costs, each in a column of its own. */
const COLUMNS = { perSecond: 'a second', p50: 'p50 ms', p99: 'p99 ms', 'p99.9': 'p99.9 ms', cpuMs: 'CPU ms each' };
const SHARES = ['serviceMs', 'postgresMs', 'redisMs'];
const SHARES_HEAD = 'of it service, PostgreSQL, Redis';

/** @returns the targets of one scenario */
export function targetsTable(targets) {
  if (targets.length === 0) return '';
  const lines = targets.map(({ name, target, measured, met }) => [
    name,
    target,
    figure(measured),
    met ? 'yes' : '**no**',
  ]);
  return table(['target', 'wanted', 'measured', 'met'], lines);
}

/** @returns the medians and, in brackets, the least and the most of the runs, or of the rounds where there was one run */
export function rowsTable(rows) {
  return rows.some(({ figures }) => figures.cpuMs) ? costsTable(rows) : listTable(rows);
}

function costsTable(rows) {
  const known = new Set([...Object.keys(COLUMNS), ...SHARES]);
  const besides = ({ figures }) => Object.entries(figures).filter(([name]) => !known.has(name));
  const hasBesides = rows.some((row) => besides(row).length > 0);
  const lines = rows.map((row) => [
    row.subject,
    ...Object.keys(COLUMNS).map((name) => (row.figures[name] ? withRange(row.figures[name]) : '')),
    sharesOf(row.figures),
    ...(hasBesides ? [besides(row).map(labelled).join('; ')] : []),
  ]);
  return table(['what', ...Object.values(COLUMNS), SHARES_HEAD, ...(hasBesides ? ['besides'] : [])], lines);
}

function sharesOf(figures) {
  const all = SHARES.map((name) => figures[name]?.median ?? 0);
  const sum = all.reduce((total, ms) => total + ms, 0);
  return sum === 0 ? '' : all.map((ms) => `${Math.round((100 * ms) / sum)} %`).join(', ');
}

const listTable = (rows) =>
  table(
    ['what', 'median (least … most)'],
    rows.map(({ subject, figures }) => [subject, Object.entries(figures).map(labelled).join('; ')]),
  );

const withRange = ({ median, min, max }, label = '') =>
  `${figure(median)}${label}${min === max ? '' : ` (${figure(min)} … ${figure(max)})`}`;
const labelled = ([name, summary]) => withRange(summary, labelOf(name));

const lineOf = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, lines) => [head, head.map(() => '---'), ...lines].map(lineOf).join('\n');

export const scenarioText = ({ name, seconds, rows, targets }) =>
  [`\n## ${name} (${seconds} s)`, rowsTable(rows), targetsTable(targets)].filter(Boolean).join('\n\n');

// Writes the results to bench/results/latest.json and docs/measurements.md. Scenarios that did not run keep theirs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { format, resolveConfig } from 'prettier';
import { rowsTable, targetsTable } from './markdown.mjs';

const RESULTS = new URL('../results/latest.json', import.meta.url);
const PAGE = new URL('../../docs/measurements.md', import.meta.url);
const MARKS = /(<!-- bench:start -->)[\s\S]*(<!-- bench:end -->)/;

const machine = () => ({
  processor: cpus()[0]?.model,
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()} ${arch()}`,
});

/** @param order of all scenarios, as they are shown */
export async function write({ versions, scenarios }, order) {
  const last = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
  const byName = new Map([...(last.scenarios ?? []), ...scenarios].map((scenario) => [scenario.name, scenario]));
  const all = order.map((name) => byName.get(name)).filter(Boolean);
  const report = {
    machine: machine(),
    node: process.version,
    date: new Date().toISOString(),
    versions: { ...last.versions, ...versions },
    scenarios: all,
    targets: all.flatMap(({ name, targets }) => targets.map((target) => ({ scenario: name, ...target }))),
  };
  await writePretty(RESULTS, JSON.stringify(report, rounded), 'json');
  const page = readFileSync(PAGE, 'utf8');
  if (!MARKS.test(page))
    throw new Error('docs/measurements.md has lost its marks <!-- bench:start --> and <!-- bench:end -->.');
  await writePretty(
    PAGE,
    page.replace(MARKS, (_, start, end) => `${start}\n\n${text(report)}\n\n${end}`),
    'markdown',
  );
}

/** Four significant digits: more is noise. */
const rounded = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

async function writePretty(url, content, parser) {
  const options = await resolveConfig(url);
  writeFileSync(url, await format(content, { ...options, parser }));
}

function text({ machine, node, date, versions, scenarios, targets }) {
  const { processor, cores, memoryGiB } = machine;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Medians of ${date.slice(0, 10)} on ${cores} cores (${processor}, ${memoryGiB} GiB), which the load generator and both servers share; Node ${node.slice(1)}, ${named.join(', ')}.`,
    targetsTable(targets),
    ...scenarios.map(
      ({ name, runs = 1, rows }) =>
        `<details><summary>${name}${runs > 1 ? `, ${runs} runs` : ''}</summary>\n\n${rowsTable(rows)}\n\n</details>`,
    ),
  ].join('\n\n');
}

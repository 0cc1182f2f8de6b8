// Runs the scenarios, each with its own subjects, on one PostgreSQL and one Redis; some of them several times.
import { startInfrastructure } from './infrastructure.mjs';
import { rowsTable, scenarioText } from './markdown.mjs';
import { subjectsOn } from './peers.mjs';
import { planOf, REPEATED } from './plan.mjs';
import { summaryOfRuns } from './rounds.mjs';

/**
 * @param scenarios their names
 * @param settings of the service, on top of the bench's
 * @param options of planOf. Each of the `runs` goes through all that are repeated, so that a slow hour falls on one of them
 * @param afterEach (report) => Promise: of what is measured so far, as what follows may fail
 * @returns {Promise<{ versions: object, scenarios: object[] }>} the last report
 */
export async function measure({ scenarios, settings, options, afterEach }) {
  const infrastructure = await startInfrastructure();
  const versions = await infrastructure.versions();
  const taken = new Map();
  let report;
  for (let run = 0; run < options.runs; run++)
    for (const name of scenarios) {
      const runs = REPEATED.includes(name) ? options.runs : 1;
      if (run >= runs) continue;
      const subjects = subjectsOn(infrastructure, settings);
      const plan = planOf({ ...options, runs }, run);
      const result = await measureOnce(name, { infrastructure, subjects, settings, plan });
      Object.assign(versions, subjects.versions);
      taken.set(name, [...(taken.get(name) ?? []), result]);
      if (options.runs > 1) console.log(`\n### ${name}, run ${run + 1}\n\n${rowsTable(result.rows)}`);
      const done = [];
      for (const [name, results] of taken) done.push(await together(name, results, plan.conditions));
      report = { versions, scenarios: done };
      await afterEach(report);
    }
  for (const scenario of report.scenarios) console.log(scenarioText(scenario));
  return report;
}

async function measureOnce(name, context) {
  const started = performance.now();
  const { run } = await import(`../scenarios/${name}.mjs`);
  try {
    const result = await run(context);
    return { ...result, seconds: (performance.now() - started) / 1_000, date: new Date().toISOString() };
  } finally {
    await context.subjects.end();
  }
}

/** One scenario of all its runs. A row that only one run has stays as it is. */
async function together(name, results, conditions) {
  const { targetsOf } = await import(`../scenarios/${name}.mjs`);
  const figures = new Map();
  for (const { subject, figures: some } of results.flatMap(({ rows }) => rows))
    figures.set(subject, [...(figures.get(subject) ?? []), some]);
  const rows = [...figures].map(([subject, runs]) => ({ subject, figures: summaryOfRuns(runs) }));
  return {
    name,
    date: results.at(-1).date,
    runs: results.length,
    seconds: Math.round(results.reduce((sum, { seconds }) => sum + seconds, 0)),
    rows,
    targets: targetsOf ? targetsOf(rows, conditions) : results[0].targets,
  };
}

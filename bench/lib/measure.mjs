// Runs the scenarios, each with its own subjects, on one PostgreSQL and one Redis; some of them several times.
import { startInfrastructure } from './infrastructure.mjs';
import { rowsTable, scenarioText } from './markdown.mjs';
import { subjectsOn } from './peers.mjs';
import { planOf, REPEATED } from './plan.mjs';
import { summaryOfRuns } from './rounds.mjs';

/**
 * @param scenarios their names
 * @param runs how often those of plan.mjs are repeated; each run goes through all, so that a slow minute falls on one of them
 * @param settings of the service, on top of the bench's
 * @param options of planOf
 * @returns {Promise<{ versions: object, scenarios: object[] }>}
 */
export async function measure({ scenarios, runs, settings, options }) {
  const infrastructure = await startInfrastructure();
  const versions = await infrastructure.versions();
  const taken = new Map(scenarios.map((name) => [name, []]));
  for (let run = 0; run < runs; run++)
    for (const name of scenarios) {
      if (run > 0 && !REPEATED.includes(name)) continue;
      const subjects = subjectsOn(infrastructure, settings);
      taken.get(name).push(await measureOnce(name, { infrastructure, subjects, settings, plan: planOf(options, run) }));
      Object.assign(versions, subjects.versions);
      if (runs > 1) console.log(`\n### ${name}, run ${run + 1}\n\n${rowsTable(taken.get(name).at(-1).rows)}`);
    }
  const done = [];
  for (const [name, results] of taken) {
    done.push(await together(name, results, planOf(options).conditions));
    console.log(scenarioText(done.at(-1)));
  }
  return { versions, scenarios: done };
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

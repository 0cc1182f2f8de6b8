// Runs one scenario after the other, each with its own subjects, on one PostgreSQL and one Redis.
import { startInfrastructure } from './infrastructure.mjs';
import { scenarioText } from './markdown.mjs';
import { subjectsOn } from './peers.mjs';
import { planOf } from './plan.mjs';

/** @returns {Promise<{ versions: object, scenarios: object[] }>} */
export async function measure({ scenarios, ...options }) {
  const infrastructure = await startInfrastructure();
  const versions = await infrastructure.versions();
  const done = [];
  for (const name of scenarios) {
    const started = performance.now();
    const { run } = await import(`../scenarios/${name}.mjs`);
    const subjects = subjectsOn(infrastructure);
    try {
      const { rows, targets } = await run({ infrastructure, subjects, plan: planOf(options) });
      const seconds = Math.round((performance.now() - started) / 1_000);
      const scenario = { name, date: new Date().toISOString(), seconds, rows, targets };
      console.log(scenarioText(scenario));
      done.push(scenario);
    } finally {
      await subjects.end();
    }
    Object.assign(versions, subjects.versions);
  }
  return { versions, scenarios: done };
}

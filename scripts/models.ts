// Checks the models of the protocols with Spin: every interleaving of a bounded world (docs/protocols/models.md).
// `npm run models` runs all; `npm run models -- NAME` one, and prints the schedule of each counterexample; `--night` takes
// larger worlds, each for an hour at most (`--minutes=5`); `--write` stores the schedules that are replayed on the service (scripts/models/schedules.ts).
import { ensureTools, verify } from './models/spin.js';
import { differenceOf, isReplayed } from './models/schedules.js';
import { nightWorlds, type World, worlds } from './models/worlds.js';

const given = process.argv.slice(2);
const isNight = given.includes('--night');
const minutes = isNight ? Number(given.join(' ').match(/--minutes=([1-9]\d*)/)?.[1] ?? 60) : undefined;
const isWriting = given.includes('--write');
const only = given.find((argument) => !argument.startsWith('--'));
ensureTools();
const chosen = (isNight ? nightWorlds : worlds).filter(({ name }) => only === undefined || name === only);
const failures = chosen.flatMap(check);
for (const failure of failures) console.error(failure);
const good = isNight ? 'Every model holds.' : 'Every model holds, and every mutant is found.';
console.log(failures.length === 0 ? good : 'The models do not hold.');
process.exitCode = failures.length === 0 ? 0 : 1;

function check(world: World): string[] {
  const { name, constants, mutants, inTheEnd } = world;
  const failed = world.thousands > 0 || isNight ? whole(world) : [];
  for (const mutant of mutants) {
    const { errors, schedule } = verify(name, [...constants, `MUTANT_${mutant}`], { inTheEnd, isShortest: !inTheEnd });
    console.log(`  ${mutant}: ${errors > 0 ? `found, ${brokenIn(schedule)}` : 'NOT FOUND'}`);
    if (errors === 0) failed.push(`${name}: the mutant ${mutant} is not found.`);
    else {
      if (only !== undefined) console.log(schedule.replaceAll(/^/gm, '    '));
      if (isReplayed(world)) failed.push(...differenceOf(name, mutant, schedule, isWriting));
    }
  }
  return failed;
}

/** The world without mutants: it holds, and has as many states as it had. */
function whole({ name, constants, thousands, inTheEnd, bits }: World): string[] {
  const begin = performance.now();
  const { errors, states, depth, schedule, isPart } = verify(name, constants, { inTheEnd, bits, minutes });
  const found = states / 1e3;
  const title = `${name} (${constants.join(', ')}${inTheEnd ? ', in the end' : ''})`;
  const seconds = Math.round((performance.now() - begin) / 1e3);
  const figures = `${Math.round(found).toLocaleString('en')} thousand states${isPart ? ', not all' : ''}, depth ${depth}, ${seconds} s`;
  console.log(`${title}: ${figures}`);
  if (errors > 0) return [`${title} does not hold:\n${schedule}`];
  if (isNight || (found >= thousands / 2 && found <= thousands * 2)) return [];
  return [`${title} had ${thousands} thousand states: its world has changed.`];
}

/** What a schedule ends with: the assertion says its name; what is repeated for ever breaks the one formula of the model. */
function brokenIn(schedule: string): string {
  if (schedule.includes('START OF CYCLE')) return 'what should come in the end does not';
  return /^.+ is broken$/m.exec(schedule)?.[0] ?? 'a counterexample without a name';
}

// Profiles the main thread under the load of each scenario. Usage: node bench/profile.mjs [seconds]. Writes bench/profiles/<name>.svg.
// Signing and hashing run on libuv's threads, and count as waiting.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfStale } from '../scripts/build.mjs';
import { installIfMissing } from './lib/install.mjs';

installIfMissing();
buildIfStale();
const { callTree } = await import('./lib/cpu-profile.mjs');
const { flameGraph } = await import('./lib/flame-graph.mjs');
const { startInfrastructure } = await import('./lib/infrastructure.mjs');
const { closedLoop, constantLoad, refreshLoad, signInMany } = await import('./lib/load.mjs');
const { subjectsOn } = await import('./lib/peers.mjs');
const { untilTheEnd } = await import('./lib/processes.mjs');
const { watchword, watchwordAlone } = await import('./lib/watchword.mjs');

const SECONDS = Number(process.argv[2] ?? 8);
const FOLDER = fileURLToPath(new URL('profiles', import.meta.url));
const TOP = 25;

/** The profiles, each under the load of its scenario. */
const profiles = {
  authenticated: { kind: watchword, load: authenticated },
  'authenticated-without-redis': { kind: watchwordAlone, load: authenticated },
  refresh: { kind: watchword, load: (subject, sessions, seconds) => refreshLoad({ subject, sessions, seconds }) },
  login: { kind: watchword, load: login },
};

function authenticated(subject, sessions, seconds) {
  const requests = sessions.map((session) => subject.authenticated(session, 'bearer'));
  return constantLoad({ url: subject.url, requests, seconds });
}

function login(subject, sessions, seconds) {
  let turn = 0;
  const next = () => subject.login(turn++ % sessions.length);
  return closedLoop({ url: subject.url, clients: 16, seconds, next });
}

await untilTheEnd(async () => {
  const infrastructure = await startInfrastructure();
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, { kind, load }] of Object.entries(profiles)) {
    const folder = join(infrastructure.folder, `profile-${name}`);
    const subjects = subjectsOn(infrastructure);
    const nodeArgs = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'];
    // Uses the output of tsc, not the bundle, so that the graph names packages.
    const subject = await subjects.start(kind, { signingKeyBits: 2048, nodeArgs, program: 'dist/src/main.js' });
    const sessions = await signInMany(subject, 16);
    await load(subject, sessions, 2); // warms up
    await load(subject, sessions, SECONDS);
    await subjects.end(); // writes the profile
    const [file] = readdirSync(folder);
    const tree = callTree(JSON.parse(readFileSync(join(folder, file), 'utf8')), SECONDS);
    writeFileSync(join(FOLDER, `${name}.svg`), flameGraph(tree, name));
    console.log(
      `\n${name}: bench/profiles/${name}.svg; busy ${tree.busySeconds.toFixed(1)} of ${SECONDS} s. By itself:`,
    );
    for (const { label, share } of tree.functions.slice(0, TOP))
      console.log(`${(100 * share).toFixed(1).padStart(6)} %  ${label}`);
  }
});

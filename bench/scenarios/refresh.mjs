// Measures refreshes, compared with the alternatives and with signing and the database alone.
import { named, QUIET } from '../lib/conditions.mjs';
import { costed } from '../lib/costed.mjs';
import { opensslAlone, signatureAlone } from '../lib/limits.mjs';
import { refreshLoad, signInMany } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { refreshStatements } from '../lib/statements.mjs';
import { atMost, ratio } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

const CLIENTS = 16;
const SIZES = [2048, 3072, 4096];
const TUTORIAL = 'tutorial stack';
const PROVIDER = 'oidc-provider';
/** At this size the signature is the least part of a refresh, so that taking it off leaves a figure to rely on. */
const COSTED_SIZE = SIZES[0];
/** Of a bound session, 64 proofs of one second are told apart: each of so many needs less. */
const BOUND_SESSIONS = 8 * CLIENTS;
/** `prepared` is the best that the machine can do; `extended` plans each request. */
const MODES = ['prepared', 'extended'];
const pgbench = (mode) => `pgbench, the same statements, ${mode}`;

export async function run({ plan, subjects, infrastructure }) {
  const rows = [];
  for (const bits of SIZES) {
    // One size after the other, because an idle server is slow at first. Each size has its own comparison.
    const measured = await measuredAt(bits, subjects, infrastructure, plan);
    rows.push(...(await interleave(measured, plan, plan.conditions)));
    await subjects.end();
  }
  return { rows };
}

async function measuredAt(bits, subjects, infrastructure, { isFirstRun }) {
  const measured = [];
  const isCosted = isFirstRun || bits === COSTED_SIZE;
  if (isCosted) measured.push(signatureAlone(bits));
  if (isFirstRun) measured.push(opensslAlone(bits));
  const [tutorial, provider] = [await peer(TUTORIAL), await peer(PROVIDER)];
  for (const kind of isCosted ? [watchword, tutorial, provider] : [watchword, provider]) {
    const subject = await subjects.start(kind, { signingKeyBits: bits });
    const sessions = await signInMany(subject, CLIENTS);
    measured.push({
      name: `${kind.name}, rsa${bits}`,
      isSlow: true,
      isQuietOnly: kind === tutorial, // of its targets there is none beside a neighbour
      measure: costed(infrastructure, subject, (seconds) =>
        refreshLoad({ subject, sessions, clients: CLIENTS, seconds }),
      ),
    });
    if (kind !== watchword || bits !== SIZES[0] || !isFirstRun) continue;
    measured.push(await boundRefreshes(infrastructure, subject));
    const others = await signInMany(subject, CLIENTS, CLIENTS);
    const run = await refreshStatements({ infrastructure, subject, sessions: others });
    for (const mode of MODES) {
      const measure = (seconds) => run(mode, seconds);
      measured.push({ name: pgbench(mode), isSteady: true, isQuietOnly: true, measure });
    }
  }
  return measured;
}

/** With a proof of the session's key each time, which costs the load generator a signature. */
async function boundRefreshes(infrastructure, subject) {
  const sessions = [];
  while (sessions.length < BOUND_SESSIONS)
    sessions.push(...(await Promise.all(Array.from({ length: CLIENTS }, (_, i) => subject.signInBound(i)))));
  const load = (seconds) => refreshLoad({ subject, sessions, clients: CLIENTS, seconds });
  return {
    name: `Watchword, bound to a key, rsa${COSTED_SIZE}`,
    isSlow: true,
    isQuietOnly: true,
    measure: costed(infrastructure, subject, load),
  };
}

/** Of oidc-provider's: at least so many a second, at most such a p99. */
const AGAINST_PROVIDER = {
  2048: { quiet: [1.6, 0.9], taken: [1.4, 1] },
  3072: { quiet: [1.4, 0.9], taken: [1.2, 1] },
  4096: { quiet: [1.3, 0.9], taken: [1.2, 1] },
};

export function targetsOf(rows, conditions) {
  const against = (bits, condition) => {
    const of = (subject, figure) => medianOf(rows, named(`${subject}, rsa${bits}`, condition), figure);
    const called = (what) => named(`refresh, rsa${bits}: ${what} against oidc-provider`, condition);
    const [least, most] = AGAINST_PROVIDER[bits][condition === QUIET ? 'quiet' : 'taken'];
    return [
      ratio(called('a second'), of('Watchword'), of(PROVIDER), least),
      atMost(called('p99'), of('Watchword', 'p99'), of(PROVIDER, 'p99'), most),
    ];
  };
  const signature = medianOf(rows, signatureAlone(COSTED_SIZE).name, 'cpuMs');
  const besides = (subject) => medianOf(rows, `${subject}, rsa${COSTED_SIZE}`, 'cpuMs') - signature;
  const called = `refresh, rsa${COSTED_SIZE}: CPU without the signature against the tutorial stack`;
  return [
    ...conditions.flatMap((condition) => SIZES.flatMap((bits) => against(bits, condition))),
    atMost(called, besides('Watchword'), besides(TUTORIAL), 0.4),
  ];
}

// Measures refreshes, compared with the alternatives and with signing and the database alone.
import { opensslAlone } from '../lib/limits.mjs';
import { refreshLoad, signInMany } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { refreshStatements } from '../lib/statements.mjs';
import { ratio } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

export const name = 'refresh';
const CLIENTS = 16;
const SIZES = [2048, 3072, 4096];
const OTHERS = ['tutorial stack', 'oidc-provider'];
/** `prepared` is the best that the machine can do; `extended` plans each request. */
const MODES = ['prepared', 'extended'];
const pgbench = (mode) => `pgbench, the same statements, ${mode}`;

export async function run({ plan, subjects, infrastructure }) {
  const rows = [];
  for (const bits of SIZES) {
    // One size after the other, because an idle server is slow at first. Each size has its own comparison.
    rows.push(...(await interleave(await measuredAt(bits, subjects, infrastructure), plan)));
    await subjects.end();
  }
  return { rows, targets: targetsOf(rows) };
}

async function measuredAt(bits, subjects, infrastructure) {
  const measured = [opensslAlone(bits)];
  for (const kind of [watchword, ...(await Promise.all(OTHERS.map(peer)))]) {
    const subject = await subjects.start(kind, { signingKeyBits: bits });
    const sessions = await signInMany(subject, CLIENTS);
    measured.push({
      name: `${kind.name}, rsa${bits}`,
      isSlow: true, // V8 optimises code after some thousand runs; until then each server reaches half of its speed
      measure: (seconds) => refreshLoad({ subject, sessions, clients: CLIENTS, seconds }),
    });
    if (kind !== watchword || bits !== SIZES[0]) continue;
    const others = await signInMany(subject, CLIENTS, CLIENTS);
    const run = await refreshStatements({ infrastructure, subject, sessions: others });
    for (const mode of MODES)
      measured.push({ name: pgbench(mode), isSteady: true, measure: (seconds) => run(mode, seconds) });
  }
  return measured;
}

function targetsOf(rows) {
  const of = (subject) => medianOf(rows, subject);
  const tutorial = (bits, bound) =>
    ratio(
      `refresh, rsa${bits}: against the tutorial stack`,
      of(`Watchword, rsa${bits}`),
      of(`tutorial stack, rsa${bits}`),
      bound,
    );
  const limit = (bits, bound) => {
    const least = Math.min(of(opensslAlone(bits).name), of(pgbench('prepared')));
    return ratio(
      `refresh, rsa${bits}: of the smaller of openssl and pgbench`,
      of(`Watchword, rsa${bits}`),
      least,
      bound,
    );
  };
  return [tutorial(2048, 4), tutorial(4096, 3), limit(2048, 0.3), limit(3072, 0.6), limit(4096, 0.6)];
}

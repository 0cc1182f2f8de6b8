// Counts what limits refuse and write: 10,000 users behind one address, and 100,000 random addresses of one network.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { fillSessions } from '../lib/fill.mjs';
import { closedLoop } from '../lib/load.mjs';
import { target } from '../lib/targets.mjs';
import { watchwordAlone } from '../lib/watchword.mjs';

const CLIENTS = 32;
/** Of one guess: a budget for its network and one for all; of one network: its own volume, and those of /56 and /48. */
const [LIMIT, BUDGETS_PER_GUESS, VOLUMES] = [60, 2, 3];

/** Without Redis, so that all counts are rows. */
export async function run({ plan, subjects }) {
  const [users, addresses] = plan.isQuick ? [200, 2_000] : [10_000, 100_000];
  const subject = await subjects.start(watchwordAlone, { settings: { TRUST_PROXY: '1', RATE_LIMITS: 'on' } });
  const refused = await refusedBehindOneAddress(subject, users);
  const { budgets, volumes } = await rowsAfterFlood(subject, addresses);
  const one = (value) => ({ count: { median: value, min: value, max: value, spread: 0 } });
  return {
    rows: [
      { subject: `refused of ${users} users who refresh from one address`, figures: one(refused) },
      { subject: `budgets after guesses from ${addresses} addresses of one /64`, figures: one(budgets) },
      { subject: `volumes after guesses from ${addresses} addresses of one /64`, figures: one(volumes) },
    ],
    targets: [
      target(`refused of ${users} users who refresh from one address`, refused, '=', 0),
      target(`budgets after ${addresses} addresses`, budgets, '≤', BUDGETS_PER_GUESS * LIMIT),
      target(`volumes after ${addresses} addresses, sprays included`, volumes, '≤', VOLUMES + LIMIT + 1),
    ],
  };
}

async function refusedBehindOneAddress(subject, users) {
  const { ownerUrl } = subject.database;
  const sessions = await fillSessions({ ownerUrl, sessions: 4 * users, spendable: users, dead: 0, ofOne: 0 });
  let turn = 0;
  let refused = 0;
  const next = () => {
    const session = sessions[turn++];
    return session && from('198.51.100.1', subject.refresh(session));
  };
  const expect = (status) => {
    if (status !== 200) refused++;
    return true;
  };
  await closedLoop({ url: subject.url, clients: CLIENTS, next, expect });
  return refused;
}

async function rowsAfterFlood(subject, addresses) {
  let left = addresses;
  const next = () => (left-- > 0 ? from(`2001:db8:1:2:${suffix()}`, subject.login(1_000_000 + left)) : undefined);
  await closedLoop({ url: subject.url, clients: CLIENTS, next, expect: (status) => [401, 429, 503].includes(status) });
  const database = new pg.Client({ connectionString: subject.database.ownerUrl });
  await database.connect();
  const { rows } = await database.query(
    'SELECT (SELECT count(*)::int FROM guess_budgets) AS budgets, (SELECT count(*)::int FROM rate_limits) AS volumes',
  );
  await database.end();
  return rows[0];
}

const suffix = () => randomBytes(8).toString('hex').match(/.{4}/g).join(':');

const from = (ip, { headers, ...request }) => ({ ...request, headers: { ...headers, 'x-forwarded-for': ip } });

// How soon does a sibling refuse a token after the logout's 2xx (F1), on three instances, and what does following cost it?
import { execFileSync } from 'node:child_process';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { signInMany } from '../lib/load.mjs';
import { summaryOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { watchword, watchwordAlone } from '../lib/watchword.mjs';

const ISSUER = 'https://auth.example.com';
const INSTANCES = 3;
/** Logouts at a time; each is on its way for about a second. */
const LANES = 5;
const LOOK_EVERY_MS = 5;
const [BATCHES, IN_A_BATCH] = [40, 250];

export async function run({ plan, subjects }) {
  execFileSync(process.execPath, ['packages/verifier/build.mjs'], { stdio: 'inherit' });
  const { createVerifier } = await import('@watchword/verifier');
  const logouts = plan.isQuick ? 20 : 200;
  const [rows, targets] = [[], []];
  for (const kind of [watchword, watchwordAlone]) {
    const first = await subjects.start(kind);
    const others = [];
    while (others.length < INSTANCES - 1) others.push(await subjects.start(kind, { database: first.database }));
    const instances = [first, ...others];
    const siblings = instances.map((instance) => follow(createVerifier, instance));
    const { times, places } = await logOutMany(instances, siblings, logouts);
    rows.push({ subject: `${kind.name}, ${logouts} logouts, ${INSTANCES} instances`, figures: figuresOf(times) });
    for (const place of ['same instance', 'another instance'])
      rows.push({
        subject: `${kind.name}, the sibling follows the ${place}`.replace('the another', 'another'),
        figures: figuresOf(places[place]),
      });
    targets.push(
      target(`F1 ${kind.name}: a logout is known at a sibling, p99`, percentile(times, 0.99), '≤', 2_000, ' ms'),
    );
    if (kind === watchword) {
      const cost = await costAt(siblings[0], first);
      rows.push({ subject: 'a verification by jose alone', figures: { milliseconds: cost.alone } });
      rows.push({
        subject: `a verification that follows, ${cost.entries} revocations`,
        figures: { milliseconds: cost.following },
      });
      const added = cost.following.median - cost.alone.median;
      targets.push(target('F1 added to a verification at the sibling', added, '≤', 0.05, ' ms'));
      targets.push(target('F1 requests to the issuer for each verification', cost.requests, '=', 0));
    }
    for (const { verifier } of siblings) verifier.close();
  }
  return { rows, targets };
}

/** A sibling that follows one instance, and counts what it asks beside the feed. */
function follow(createVerifier, { url }) {
  const asked = { count: 0 };
  const counting = (input, init) => {
    if (!String(input).includes('/revocations')) asked.count += 1;
    return fetch(input, init);
  };
  const [jwksUri, revocationsUri] = ['jwks.json', 'revocations'].map((each) => `${url}/.well-known/${each}`);
  const verifier = createVerifier({ issuer: ISSUER, audience: ISSUER, jwksUri, revocationsUri, fetch: counting });
  return { verifier, url, asked };
}

async function logOutMany(instances, siblings, logouts) {
  const sessions = await signInMany(instances[0], logouts);
  await Promise.all(siblings.map(({ verifier }) => verifier.verify(sessions[0].accessToken)));
  const times = [];
  const places = { 'same instance': [], 'another instance': [] };
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < logouts; at = next++) {
      const { accessToken } = sessions[at];
      const [instance, sibling] = [instances[at % INSTANCES], siblings[Math.floor(at / INSTANCES) % INSTANCES]];
      await sibling.verifier.verify(accessToken);
      await logOut(instance, accessToken);
      const from = performance.now();
      while (await isGood(sibling, accessToken)) await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
      const took = performance.now() - from;
      times.push(took);
      places[sibling.url === instance.url ? 'same instance' : 'another instance'].push(took);
      await new Promise((later) => setTimeout(later, 500 * Math.random())); // not in step with the reads
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { times, places };
}

async function logOut({ url }, accessToken) {
  const answer = await fetch(`${url}/auth/logout`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}` },
  });
  if (answer.status !== 204) throw new Error(`logout: ${answer.status} ${await answer.text()}`);
}

const isGood = ({ verifier }, token) =>
  verifier.verify(token).then(
    () => true,
    (error) => {
      if (error.code !== 'token_revoked') throw error;
      return false;
    },
  );

/** Batches of both in turn, one verification after the other. */
async function costAt({ verifier, asked, url }, instance) {
  const [{ accessToken }] = await signInMany(instance, 1, 1_000_000);
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`));
  const rules = { algorithms: ['RS256'], typ: 'at+jwt', issuer: ISSUER, audience: ISSUER, clockTolerance: 30 };
  const ways = {
    alone: () => jwtVerify(accessToken, keys, rules),
    following: () => verifier.verify(accessToken),
  };
  const taken = { alone: [], following: [] };
  for (const way of Object.values(ways)) for (let i = 0; i < 4 * IN_A_BATCH; i++) await way(); // compiled by then
  const before = asked.count;
  for (let batch = 0; batch < BATCHES; batch++)
    for (const [which, way] of Object.entries(ways)) {
      const from = performance.now();
      for (let i = 0; i < IN_A_BATCH; i++) await way();
      taken[which].push((performance.now() - from) / IN_A_BATCH);
    }
  const summary = (values) => summaryOf(values.map((milliseconds) => ({ milliseconds }))).milliseconds;
  const requests = asked.count - before;
  const entries = (await entriesOf(instance)).toLocaleString('en');
  return { alone: summary(taken.alone), following: summary(taken.following), requests, entries };
}

async function entriesOf(instance) {
  const lines = (await instance.metrics()).split('\n').filter((line) => line.startsWith('watchword_feed_entries{'));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const percentile = (values, share) => values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];

function figuresOf(times) {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(times, share));
  return summaryOf([{ p50, p99, 'ms (most)': most }]);
}

// Measures how a crowd is served that comes at once, as after an outage, beside those who come anyway. Each client has
// one refresh to do and retries as packages/client does: it waits for 10 s at most, then tries again, later each time.
import { Pool } from 'undici';
import { fillSessions } from '../lib/fill.mjs';
import { refreshLoad, signInMany } from '../lib/load.mjs';
import { summaryOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

const KEY_SIZES = [2048, 4096];
const CLIENT_WAITS_MS = 10_000;
const [FIRST_DELAY_MS, MOST_DELAY_MS] = [500, 16_000];
/** The crowd is what arrives in so long an outage at this share of what the service can do. */
const [OUTAGE_S, BUSY] = [60, 0.6];
/** Each has a connection, and a process may often have 20,000 files open; with small keys the outage is shorter. */
const MOST_CLIENTS = 12_000;
/** The clients of an outage are somewhere in their pauses: not all at once. */
const CROWD_COMES_WITHIN_MS = 4_000;
/** It ends when the crowd is served. */
const WATCHED_MS = 180_000;
/** undici looks at each connection of a pool for a free one. */
const CLIENTS_OF_A_POOL = 100;

export async function run({ plan, subjects }) {
  const all = [];
  for (const bits of KEY_SIZES) all.push(await crowdAt(bits, plan, subjects));
  return { rows: all.flatMap(({ rows }) => rows), targets: all.flatMap(({ targets }) => targets) };
}

async function crowdAt(bits, plan, subjects) {
  const subject = await subjects.start(watchword, { signingKeyBits: bits });
  const [first] = await signInMany(subject, 1);
  const some = await signInMany(subject, 16, 1);
  await refreshLoad({ subject, sessions: some, seconds: plan.compile });
  const { perSecond } = await refreshLoad({ subject, sessions: some, seconds: plan.seconds });
  const crowd = Math.min(Math.round(OUTAGE_S * BUSY * perSecond), MOST_CLIENTS);
  const others = Math.round((WATCHED_MS / 1_000) * BUSY * perSecond);
  const wanted = {
    sessions: 2 * (crowd + others),
    spendable: crowd + others,
    dead: 0,
    listed: first.user.id,
    ofOne: 0,
  };
  const tokens = await fillSessions({ ownerUrl: subject.database.ownerUrl, ...wanted });
  const { served, seconds, tries, tooLate, refused, signedOut } = await come(subject, tokens, crowd);
  await subjects.end();
  return {
    rows: [
      { subject: `what the service can do, ${bits} bits`, figures: summaryOf([{ perSecond }]) },
      {
        subject: `a crowd of ${crowd.toLocaleString('en')}, beside ${Math.round(BUSY * 100)} % of that, ${bits} bits`,
        figures: summaryOf([
          {
            'of them served': served,
            seconds,
            'tries in all': tries,
            'waited in vain': tooLate,
            refused,
            'signed out': signedOut,
          },
        ]),
      },
    ],
    targets: [
      target(`clients that are signed out, ${bits} bits`, signedOut, '=', 0),
      target(`share of the crowd that is served within three minutes, ${bits} bits`, served, '≥', 0.99),
    ],
  };
}

async function come(subject, tokens, crowd) {
  const pools = Array.from(
    { length: Math.ceil(tokens.length / CLIENTS_OF_A_POOL) },
    () => new Pool(subject.url, { connections: CLIENTS_OF_A_POOL, pipelining: 1, headersTimeout: 0 }),
  );
  // Not by one AbortSignal: removing one of its 200,000 listeners looks through all of them.
  const resting = new Set();
  let isOver = false;
  const rest = (ms) =>
    new Promise((resolve, reject) => {
      const refuse = () => reject(new Error('It is over.'));
      if (isOver) return refuse();
      const stop = () => (clearTimeout(timer), refuse());
      const timer = setTimeout(() => (resting.delete(stop), resolve()), ms);
      resting.add(stop);
    });
  let [tries, tooLate, refused, served, signedOut] = [0, 0, 0, 0, 0];
  /** @returns whether it was served */
  const client = async (token, i, at) => {
    await rest(at);
    for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, MOST_DELAY_MS)) {
      tries++;
      const answer = await pools[i % pools.length]
        .request({ ...subject.refresh(token), signal: AbortSignal.timeout(CLIENT_WAITS_MS) })
        .then(async ({ statusCode, headers, body }) => (await body.dump(), { statusCode, headers }))
        .catch(() => undefined);
      const status = answer?.statusCode ?? 408; // a service that is late with reading answers 408 itself
      if (status === 200) return true;
      if (status === 401) return void signedOut++;
      if (status !== 503 && status !== 408) throw new Error(`a refresh was answered with ${status}`);
      if (status === 503) refused++;
      else tooLate++;
      const asks = 1_000 * Number(answer?.headers['retry-after'] ?? 0);
      await rest(Math.max(delay, asks) * (1 + Math.random() / 2));
    }
  };
  const started = performance.now();
  const ofCrowd = tokens.slice(0, crowd).map(async (token, i) => {
    if (await client(token, i, Math.random() * CROWD_COMES_WITHIN_MS)) served++;
  });
  const others = tokens.slice(crowd).map((token, i) => client(token, crowd + i, Math.random() * WATCHED_MS));
  try {
    await Promise.race([Promise.all(ofCrowd), Promise.all(others), rest(WATCHED_MS)]);
    const seconds = (performance.now() - started) / 1_000;
    return { served: served / crowd, seconds, ...{ tries, tooLate, refused, signedOut } };
  } finally {
    isOver = true;
    for (const stop of resting) stop();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

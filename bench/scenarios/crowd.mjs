// Measures how a crowd is served that comes at once, as after an outage, beside those who come anyway. Each client has
// one refresh to do and retries as packages/client does: it waits for 10 s at most, then tries again, later each time.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { fillSessions } from '../lib/fill.mjs';
import { refreshLoad, signInMany } from '../lib/load.mjs';
import { summaryOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

const CLIENT_WAITS_MS = 10_000;
const [FIRST_DELAY_MS, MOST_DELAY_MS] = [500, 16_000];
/** The crowd is what arrives in so long an outage at this share of what the service can do. */
const [OUTAGE_S, BUSY] = [60, 0.6];
/** The clients of an outage are somewhere in their pauses: not all at once. */
const CROWD_COMES_WITHIN_MS = 4_000;
const WATCHED_MS = 150_000;
/** undici looks at each connection of a pool for a free one. */
const CLIENTS_OF_A_POOL = 100;

export async function run({ plan, subjects }) {
  const subject = await subjects.start(watchword, { signingKeyBits: 4096 }); // the clients share the processors: few and costly answers
  const [first] = await signInMany(subject, 1);
  const some = await signInMany(subject, 16, 1);
  await refreshLoad({ subject, sessions: some, seconds: plan.compile });
  const { perSecond } = await refreshLoad({ subject, sessions: some, seconds: plan.seconds });
  const [crowd, others] = [OUTAGE_S, WATCHED_MS / 1_000].map((seconds) => Math.round(seconds * BUSY * perSecond));
  const wanted = {
    sessions: 2 * (crowd + others),
    spendable: crowd + others,
    dead: 0,
    listed: first.user.id,
    ofOne: 0,
  };
  const tokens = await fillSessions({ ownerUrl: subject.database.ownerUrl, ...wanted });
  const { served, tries, tooLate, refused, signedOut, seconds } = await come(subject, tokens, crowd);
  return {
    rows: [
      { subject: 'what the service can do', figures: summaryOf([{ perSecond }]) },
      {
        subject: `a crowd of ${crowd.toLocaleString('en')}, beside ${Math.round(BUSY * 100)} % of that`,
        figures: summaryOf([
          {
            'of them served': served,
            seconds,
            'tries each': tries,
            'waited in vain': tooLate,
            refused,
            'signed out': signedOut,
          },
        ]),
      },
    ],
    targets: [
      target('clients that are signed out', signedOut, '=', 0),
      target('share of the crowd that is served within two and a half minutes', served, '≥', 0.99),
    ],
  };
}

async function come(subject, tokens, crowd) {
  const pools = Array.from(
    { length: Math.ceil(tokens.length / CLIENTS_OF_A_POOL) },
    () => new Pool(subject.url, { connections: CLIENTS_OF_A_POOL, pipelining: 1, headersTimeout: 0 }),
  );
  const started = performance.now();
  const end = started + WATCHED_MS;
  let [asked, tooLate, refused, served, signedOut, lastServed] = [0, 0, 0, 0, 0, 0];
  const client = async (token, i, at) => {
    await sleep(at);
    for (let delay = FIRST_DELAY_MS; performance.now() < end; delay = Math.min(2 * delay, MOST_DELAY_MS)) {
      asked++;
      const answer = await pools[i % pools.length]
        .request({ ...subject.refresh(token), signal: AbortSignal.timeout(CLIENT_WAITS_MS) })
        .then(async ({ statusCode, headers, body }) => (await body.dump(), { statusCode, headers }))
        .catch(() => undefined);
      if (answer?.statusCode === 200) return true;
      const status = answer?.statusCode ?? 408; // a service that is late with reading answers 408 itself
      if (status === 401) return void signedOut++;
      if (status !== 503 && status !== 408) throw new Error(`a refresh was answered with ${status}`);
      if (status === 503) refused++;
      else tooLate++;
      const asks = 1_000 * Number(answer?.headers['retry-after'] ?? 0);
      await sleep(Math.max(delay, asks) * (1 + Math.random() / 2));
    }
    return false;
  };
  const ofCrowd = async (token, i) => {
    if (!(await client(token, i, Math.random() * CROWD_COMES_WITHIN_MS))) return;
    served++;
    lastServed = performance.now();
  };
  try {
    await Promise.all(
      tokens.map((token, i) => (i < crowd ? ofCrowd(token, i) : client(token, i, Math.random() * WATCHED_MS))),
    );
  } finally {
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
  const seconds = (lastServed - started) / 1_000;
  return { served: served / crowd, tries: asked / tokens.length, tooLate, refused, signedOut, seconds };
}

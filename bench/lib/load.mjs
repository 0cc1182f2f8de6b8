// Two load generators. Both throw if an answer is not as expected. They give { perSecond, p50, p99, latencies, opening }, in ms;
// `opening` has the first answer of each connection, which waited for it to open: those are no part of the percentiles.
import autocannon from 'autocannon';
import { Pool } from 'undici';

/**
 * Constant requests over kept-alive connections, one at a time each.
 * @param requests one per connection, in turn: { method, path, headers }
 * @param url where to; several share the connections
 * @param rate requests a second in all; without it as many as are answered
 */
export async function constantLoad({ url, requests, connections = 32, seconds, rate, expect = 200 }) {
  let connection = 0;
  const [latencies, opening] = [[], []];
  const running = autocannon({
    url,
    connections,
    duration: seconds,
    ...(rate ? { overallRate: rate } : {}),
    sampleInt: 50, // a run ends at a sample
    setupClient: (client) => client.setRequests([{ ...requests[connection++ % requests.length] }]),
  });
  // autocannon's own histogram holds whole milliseconds only.
  const seen = new Set();
  running.on('response', (client, _status, _bytes, ms) => {
    (seen.has(client) ? latencies : opening).push(ms);
    seen.add(client);
  });
  const result = await running;
  const counts = Object.fromEntries(Object.entries(result.statusCodeStats).map(([code, { count }]) => [code, count]));
  const wrong = Object.keys(counts).filter((code) => Number(code) !== expect);
  if (wrong.length > 0 || result.errors > 0 || !counts[expect])
    throw new Error(
      `${url}${requests[0].path}: wanted ${expect}, got ${JSON.stringify(counts)}, ${result.errors} errors`,
    );
  return { perSecond: counts[expect] / result.duration, ...percentiles(latencies), latencies, opening };
}

/**
 * Clients that send the next request when they have the answer to the last, each its own sequence.
 * @param next (client) => request, or undefined for a client that has done enough
 * @param answered (client, { status, headers, body }, ms) => void
 */
export async function closedLoop({ url, clients, seconds = Infinity, next, answered, expect = isSuccess }) {
  const pools = [url]
    .flat()
    .map((origin) => new Pool(origin, { connections: Math.ceil(clients / [url].flat().length), pipelining: 1 }));
  const [latencies, opening] = [[], []];
  const until = performance.now() + seconds * 1_000;
  const started = performance.now();
  try {
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const pool = pools[client % pools.length];
        let isFirst = true;
        for (let request = next(client); request && performance.now() < until; request = next(client)) {
          const sent = performance.now();
          const { statusCode: status, headers, body } = await pool.request(request);
          const answer = { status, headers, body: await body.text() };
          const ms = performance.now() - sent;
          if (!expect(status)) throw new Error(`${url} ${request.path}: ${status} ${answer.body.slice(0, 300)}`);
          (isFirst ? opening : latencies).push(ms);
          isFirst = false;
          answered?.(client, answer, ms);
        }
      }),
    );
    const elapsed = (performance.now() - started) / 1_000;
    const perSecond = (latencies.length + opening.length) / elapsed;
    return { perSecond, ...percentiles(latencies), latencies, opening };
  } finally {
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}

const isSuccess = (status) => status >= 200 && status < 300;

/** Sessions that refresh without a pause: each answer feeds the next request. `sessions` is kept current. */
export function refreshLoad({ subject, sessions, clients = 16, seconds, count = Infinity, url = subject.url }) {
  const perClient = Math.max(1, Math.floor(sessions.length / clients));
  const turns = Array(clients).fill(0);
  let left = count;
  const indexOf = (client) => client + clients * (turns[client] % perClient);
  return closedLoop({
    url,
    clients,
    seconds,
    next: (client) => (left-- > 0 ? subject.refresh(sessions[indexOf(client)]) : undefined),
    answered(client, answer) {
      const index = indexOf(client);
      sessions[index] = subject.adopt?.(sessions[index], answer) ?? sessions[index];
      turns[client]++;
    },
  });
}

/** @returns the first `count` users of a subject, signed in a few at a time */
export async function signInMany(subject, count, from = 0) {
  const sessions = [];
  while (sessions.length < count) {
    const some = Array.from({ length: Math.min(8, count - sessions.length) }, (_, i) => from + sessions.length + i);
    sessions.push(...(await Promise.all(some.map((i) => subject.signIn(i)))));
  }
  return sessions;
}

/** @param shares such as { p99: 0.99 } @returns the values below which so many lie */
export function percentiles(values, shares = { p50: 0.5, p99: 0.99 }) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, at(share)]));
}

/** With fewer answers the slowest one would pass for this percentile. */
const LEAST_FOR_TAIL = 1_000;

/** @param values of all rounds together: one has too few. @returns nothing where even these are too few */
export const tailOf = (values) => (values.length < LEAST_FOR_TAIL ? {} : percentiles(values, { 'p99.9': 0.999 }));

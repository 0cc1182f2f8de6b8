// Does the time of an answer tell who has an account, where a mail is asked for? Forgotten passwords and verified registrations, and what is asked right after.
import { target } from '../lib/targets.mjs';
import { mannWhitney } from '../lib/two-sample.mjs';
import { watchword } from '../lib/watchword.mjs';

/** With so rare a result the two are told apart; where nothing differs, one run in a hundred says so, too. */
const LEAST_P = 0.01;
const settings = { TRUST_PROXY: '1', RATE_LIMITS: 'on', MAILS_PER_MINUTE: '1000000' };
const PASSWORD = 'a passphrase of the bench';

const routes = {
  'forgotten password': { path: '/auth/password/forgot', bodyOf: (email) => ({ email }) },
  registration: { path: '/auth/register', bodyOf: (email) => ({ email, password: PASSWORD }) },
};

export async function run({ plan, subjects }) {
  const samples = plan.isQuick ? 40 : 400;
  let subject = await subjects.start(watchword, { settings: { TRUST_PROXY: '1' } });
  const { database } = subject;
  for (let i = 0; i < 2 * samples; i++)
    await post(subject, '/auth/register', { email: emailOf(i), password: PASSWORD }, 201);
  subject = await subjects.start(watchword, { database, settings: { ...settings, REGISTRATION: 'verified' } });

  const rows = [];
  const targets = [];
  for (const [at, [route, how]] of Object.entries(routes).entries()) {
    const times = await timesOf(subject, how, at * samples, samples);
    for (const what of ['answer', 'next answer']) {
      const { known, unknown } = times[what];
      const { p, auc } = mannWhitney(unknown, known);
      rows.push({ subject: `${route}, ${what}, known address`, figures: figuresOf(known) });
      rows.push({ subject: `${route}, ${what}, unknown address`, figures: figuresOf(unknown) });
      rows.push({ subject: `${route}, ${what}: how often the unknown one takes longer`, figures: { share: one(auc) } });
      targets.push(target(`${route}, ${what}: known and unknown, ${samples} each: p of Mann-Whitney`, p, '≥', LEAST_P));
    }
  }
  return { rows, targets };
}

/** Each address once, known and unknown ones in a random order: what slows the machine falls on both. */
async function timesOf(subject, { path, bodyOf }, first, samples) {
  const asked = Array.from({ length: samples }, (_, i) => [
    { kind: 'known', email: emailOf(first + i), at: Math.random() },
    { kind: 'unknown', email: `nobody-${first + i}@example.com`, at: Math.random() },
  ]).flat();
  const times = { answer: { known: [], unknown: [] }, 'next answer': { known: [], unknown: [] } };
  for (let i = 0; i < 20; i++) await post(subject, path, bodyOf(`warm-${first + i}@example.com`), 202);
  for (const { kind, email } of asked.toSorted((a, b) => a.at - b.at)) {
    times.answer[kind].push(await timed(() => post(subject, path, bodyOf(email), 202)));
    // The mail of a known address is composed and sent meanwhile.
    times['next answer'][kind].push(await timed(() => post(subject, '/auth/login', { email, password: 'x' }, 401)));
    await new Promise((done) => setTimeout(done, 20));
  }
  return times;
}

const emailOf = (i) => `user-${i}@example.com`;

async function timed(act) {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

let callers = 0;
/** Everybody calls from a network of their own: what is measured is the work of the limits, not their refusals. */
async function post({ url }, path, body, expected) {
  const n = ++callers;
  const from = `10.${(n >> 8) & 255}.${n & 255}.${(n >> 16) & 255}`;
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': from };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.arrayBuffer();
  if (answer.status !== expected) throw new Error(`${path}: ${answer.status} instead of ${expected}`);
}

const one = (value) => ({ median: value, min: value, max: value, spread: 0 });

function figuresOf(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return { p10: one(at(0.1)), p50: one(at(0.5)), p90: one(at(0.9)) };
}

// What do limits and the equal cost of guesses take from a sign-in, and does the time of a wrong guess tell who has an account?
import { closedLoop } from '../lib/load.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { target } from '../lib/targets.mjs';
import { mannWhitney } from '../lib/two-sample.mjs';
import { watchword } from '../lib/watchword.mjs';

const [CLIENTS, USERS] = [8, 64];
/** Parameters that half of the accounts were made with, and today's. */
const [OLD, TODAY] = [
  { ARGON2_MEMORY_KIB: '7168', ARGON2_PASSES: '1' },
  { ARGON2_MEMORY_KIB: '19456', ARGON2_PASSES: '2' },
];
const OFF = 'Watchword without limits';
const ON = 'Watchword, known devices';
/** Each sign-in is charged in two lanes, and its owner receives a notice, at most 20 a day. */
const NEW = 'Watchword, new devices';
/** With so rare a result the two are told apart; where nothing differs, one run in a hundred says so, too. */
const LEAST_P = 0.01;

export async function run({ plan, subjects }) {
  const measured = [await signIns(subjects, OFF, 'off'), await signIns(subjects, ON, 'on', true)];
  const rows = await interleave([...measured, await signIns(subjects, NEW, 'on')], plan);
  const samples = plan.isQuick ? 40 : 400;
  const { known, unknown } = await timesOf(await mixed(subjects, samples), samples);
  const { p, auc } = mannWhitney(unknown, known);
  rows.push({ subject: 'wrong password, known address', figures: figuresOf(known) });
  rows.push({ subject: 'wrong password, unknown address', figures: figuresOf(unknown) });
  rows.push({ subject: 'how often the unknown one of two takes longer', figures: { share: one(auc) } });
  const pays = (subject) => 1 - medianOf(rows, subject) / medianOf(rows, OFF);
  return {
    rows,
    targets: [
      target('what a sign-in from a known device pays for the limits', pays(ON), '≤', 0.05),
      target('what a sign-in from a new device pays for limits and the notice', pays(NEW), '≤', 0.3),
      target(`known and unknown addresses, ${samples} each: p of Mann-Whitney`, p, '≥', LEAST_P),
    ],
  };
}

async function signIns(subjects, subjectName, limits, areKnown = false) {
  const subject = await subjects.start(watchword, { settings: { RATE_LIMITS: limits, TRUST_PROXY: '1' } });
  for (let i = 0; i < USERS; i++) await post(subject, '/auth/register', `bench-${i}@example.com`);
  const devices = areKnown ? await devicesOf(subject) : [];
  let turn = 0;
  const next = () => {
    const user = turn++ % USERS;
    const { body, headers, ...request } = subject.login(user);
    const deviceToken = devices[user];
    return { ...request, ...from(headers), body: JSON.stringify({ ...JSON.parse(body), deviceToken }) };
  };
  return {
    name: subjectName,
    isSlow: true,
    measure: (seconds) => closedLoop({ url: subject.url, clients: CLIENTS, seconds, next }),
  };
}

/** @returns the token of one device for each user */
async function devicesOf(subject) {
  const devices = [];
  for (let i = 0; i < USERS; i++) {
    const { path, headers, ...request } = subject.login(i);
    const answer = await fetch(subject.url + path, { ...request, ...from(headers) });
    devices.push((await answer.json()).deviceToken);
  }
  return devices;
}

/** A service half of whose users have a hash of older parameters; started again, so that it has seen both. */
async function mixed(subjects, samples) {
  let subject = await subjects.start(watchword, { settings: { TRUST_PROXY: '1', ...OLD } });
  const { database } = subject;
  for (let i = 0; i < samples / 2; i++) await post(subject, '/auth/register', known(i));
  const again = () =>
    subjects.start(watchword, { database, settings: { TRUST_PROXY: '1', RATE_LIMITS: 'on', ...TODAY } });
  subject = await again();
  for (let i = samples / 2; i < samples; i++) await post(subject, '/auth/register', known(i));
  return again();
}

/** Each address once, known and unknown ones in a random order: what slows the machine falls on both. */
async function timesOf(subject, samples) {
  const asked = Array.from({ length: samples }, (_, i) => [
    { kind: 'known', email: known(i), at: Math.random() },
    { kind: 'unknown', email: `user-${i + samples}@example.com`, at: Math.random() },
  ]).flat();
  const times = { known: [], unknown: [] };
  for (let i = 0; i < 20; i++) await post(subject, '/auth/login', `warm-${i}@example.com`, 401);
  for (const { kind, email } of asked.toSorted((a, b) => a.at - b.at)) {
    const started = performance.now();
    await post(subject, '/auth/login', email, 401);
    times[kind].push(performance.now() - started);
  }
  return times;
}

const known = (i) => `user-${i}@example.com`;

async function post({ url }, path, email, expected = path === '/auth/register' ? 201 : 200) {
  const body = JSON.stringify({ email, password: 'a passphrase of the bench' + (expected === 401 ? ', wrong' : '') });
  const { headers } = from({ 'content-type': 'application/json' });
  const answer = await fetch(url + path, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  if (answer.status !== expected) throw new Error(`${path}: ${answer.status} instead of ${expected}`);
}

let callers = 0;
/** Everybody calls from a network of their own: what is measured is the work of the limits, not their refusals. */
function from(headers) {
  const n = ++callers;
  return { headers: { ...headers, 'x-forwarded-for': `10.${(n >> 8) & 255}.${n & 255}.${(n >> 16) & 255}` } };
}

const one = (value) => ({ median: value, min: value, max: value, spread: 0 });

function figuresOf(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
  return { p10: one(at(0.1)), p50: one(at(0.5)), p90: one(at(0.9)) };
}

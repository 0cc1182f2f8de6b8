// The loads of compare.mjs and tracing.mjs, which compare services with each other: each has users of its own.
import { closedLoop, constantLoad, refreshLoad, signInMany } from './load.mjs';

const CLIENTS = 16;
/** Enough that none has 50 sessions, from which on a sign-in looks for sessions to end. */
const USERS = 128;

/** By name: (subject) => Promise of (seconds) => the figures of load.mjs */
export const operations = {
  'sign-ins': async (subject) => {
    for (let i = 1_000; i < 1_000 + USERS; i++) await subject.register(i);
    let turn = 0;
    const next = () => subject.login(1_000 + (turn++ % USERS));
    return (seconds) => closedLoop({ url: subject.url, clients: CLIENTS, seconds, next });
  },
  refreshes: async (subject) => {
    const sessions = await signInMany(subject, CLIENTS, 100);
    return (seconds) => refreshLoad({ subject, sessions, clients: CLIENTS, seconds });
  },
  'authenticated, bearer': (subject) => authenticated(subject, 'bearer', 200),
  'authenticated, cookie': (subject) => authenticated(subject, 'cookie', 300),
};

async function authenticated(subject, by, from) {
  const sessions = await signInMany(subject, 2 * CLIENTS, from);
  const requests = sessions.map((session) => subject.authenticated(session, by));
  return (seconds) => constantLoad({ url: subject.url, requests, seconds, connections: 2 * CLIENTS });
}

/**
 * Each round in another order: what runs first has an advantage.
 * @param measures [(seconds) => figures], of the services that are compared
 * @param plan { rounds, warmup, compile, seconds }
 * @returns the rounds' figures of each
 */
export async function inTurns(measures, { rounds, warmup, compile, seconds }) {
  const taken = measures.map(() => []);
  for (const measure of measures) await measure(compile);
  for (let round = 0; round < rounds; round++)
    for (let turn = 0; turn < measures.length; turn++) {
      const at = (round + turn) % measures.length;
      await measures[at](2 * warmup);
      taken[at].push(await measures[at](seconds));
    }
  return taken;
}

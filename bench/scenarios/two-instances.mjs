// Compares the same load on one and on two instances, on the same database and Redis.
import { constantLoad, refreshLoad, signInMany } from '../lib/load.mjs';
import { interleave } from '../lib/rounds.mjs';
import { watchword } from '../lib/watchword.mjs';

const [CONNECTIONS, CLIENTS] = [32, 16];

export async function run({ plan, subjects }) {
  const first = await subjects.start(watchword);
  const second = await subjects.start(watchword, { database: first.database });
  const sessions = await signInMany(first, CONNECTIONS);
  const refreshing = await signInMany(first, CLIENTS, CONNECTIONS);
  const requests = sessions.map((session) => first.authenticated(session, 'bearer'));
  const on = (count) => [first.url, second.url].slice(0, count);
  const called = { 1: 'one instance', 2: 'two instances' };
  const measured = [1, 2].flatMap((count) => [
    {
      name: `authenticated, ${called[count]}`,
      measure: (seconds) => constantLoad({ url: on(count), requests, connections: CONNECTIONS, seconds }),
    },
    {
      name: `refresh, ${called[count]}`,
      measure: (seconds) =>
        refreshLoad({ subject: first, url: on(count), sessions: refreshing, clients: CLIENTS, seconds }),
    },
  ]);
  // No target: the instances share two cores with the load and the servers. It shows that they do not hinder each other.
  return { rows: await interleave(measured, plan), targets: [] };
}

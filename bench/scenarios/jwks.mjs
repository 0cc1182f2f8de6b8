// Measures the key set, in full and as "not modified", compared with a server that answers a fixed text.
import { constantLoad } from '../lib/load.mjs';
import { peer } from '../lib/peers.mjs';
import { interleave, medianOf } from '../lib/rounds.mjs';
import { ratio } from '../lib/targets.mjs';
import { watchword } from '../lib/watchword.mjs';

export const name = 'jwks';
const PATH = '/.well-known/jwks.json';
const [NOOP, NOOP_UNCHANGED] = ['bare no-op, 200 with the same body', 'bare no-op, 304'];
const [FULL, UNCHANGED] = ['Watchword, 200', 'Watchword, 304'];

export async function run({ plan, subjects }) {
  const subject = await subjects.start(watchword);
  const answer = await fetch(subject.url + PATH);
  const [etag, body] = [answer.headers.get('etag'), await answer.text()];
  const noop = await subjects.start(await peer('bare no-op'), { jwks: body });
  const fixed = await (await fetch(`${noop.url}/jwks`)).text();
  if (fixed !== body)
    throw new Error(`The no-op's /jwks answers ${fixed.length} characters, not the same ${body.length}.`);

  const load = (name, url, path, headers, expect) => ({
    name,
    measure: (seconds) => constantLoad({ url, requests: [{ method: 'GET', path, headers }], seconds, expect }),
  });
  const measured = [
    load(NOOP, noop.url, '/jwks', {}, 200),
    load(NOOP_UNCHANGED, noop.url, '/not-modified', {}, 304),
    load(FULL, subject.url, PATH, {}, 200),
    load(UNCHANGED, subject.url, PATH, { 'if-none-match': etag }, 304),
  ];
  const rows = await interleave(measured, plan);
  const of = (subject) => medianOf(rows, subject);
  return {
    rows,
    targets: [
      ratio('JWKS, 200: against the no-op with the same body', of(FULL), of(NOOP), 0.9),
      ratio('JWKS, 304: against the no-op that answers 304', of(UNCHANGED), of(NOOP_UNCHANGED), 0.9),
    ],
  };
}

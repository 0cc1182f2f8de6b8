// The conformance kit in its short form: a client that keeps sessions passes, a naive one fails, by name. The long one
// is `npm run conformance`.
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ourClient } from '../conformance/clients/bundle.js';
import { conformance } from '../conformance/kit/conformance.js';
import { Ledger } from '../conformance/kit/ledger.js';
import { readLine } from '../conformance/kit/protocol.js';
import { hasFailed, reasonsOf, rowsOf } from '../conformance/kit/report.js';
import { scenarios } from '../conformance/scenarios/all.js';
import { firstRefreshToken, formatRefreshToken } from '../src/tokens/refresh-token.js';
import type { Moment } from './support/http-proxy.js';
import { noteSecret } from './support/leaks.js';
import { SEED } from './support/seed.js';
import { cloneDatabase } from './support/service.js';
import { databaseSettings, testSettings } from './support/settings.js';

async function play(command: string, names: readonly string[]) {
  const { KEY_ENCRYPTION_KEY } = testSettings;
  const outcomes = await conformance({
    client: { command, transport: 'bearer' },
    scenarios: names.map((name) => scenarios.find((scenario) => scenario.name === name)!),
    rounds: 1,
    seed: SEED,
    pace: 0.7,
    settings: { ...databaseSettings(await cloneDatabase()), KEY_ENCRYPTION_KEY },
  });
  return { outcomes, rows: rowsOf(outcomes), reasons: outcomes.flatMap(reasonsOf) };
}

/** The first start of the service compiles it. */
const WITHIN_MS = 300_000;

describe.concurrent('the conformance kit', { timeout: WITHIN_MS }, () => {
  it.for([
    ['', false],
    [', bound to a key', true],
  ] as const)(
    'passes our own client%s, whatever answers on the way and at whichever step it is killed (C4, C5, C6)',
    async ([, isBound], { expect, onTestFinished }) => {
      const ours = await ourClient(isBound);
      onTestFinished(() => ours.remove());
      const { outcomes, reasons } = await play(ours.command, ['server-errors', 'redirects', 'every-step']);
      expect(reasons).toEqual([]);
      expect(hasFailed(outcomes)).toBe(false);
    },
  );

  it('fails a naive client: it gives up on 503, and sends a password after a redirect', async ({ expect }) => {
    const { outcomes, rows } = await play('node conformance/clients/naive.mjs', ['server-errors', 'redirects']);
    expect(hasFailed(outcomes)).toBe(true);
    expect(rows.map(({ scenario, logouts, leaks }) => [scenario, logouts > 0, leaks > 0])).toEqual([
      ['server-errors', true, false],
      ['redirects', expect.any(Boolean), true],
    ]);
  });

  it('ends at the first line that is not of the protocol, and shows it', async ({ expect }) => {
    const answers = (what: string) => `node -e "process.stdin.on('data', () => console.log(${what}))"`;
    await expect(play(answers(`'ready!'`), ['steady'])).rejects.toMatchObject({
      name: 'ProtocolError',
      message: 'a line of the client is no JSON',
      line: 'ready!',
    });
  });
});

describe('the judgement of the conformance kit', () => {
  it.each([
    ['[]', 'neither'],
    ['7', 'no JSON object'],
    ['{"status":200}', 'neither'],
    ['{"id":1}', 'no `status`'],
    ['{"id":1,"status":"200"}', 'no HTTP status'],
    ['{"id":1,"status":20}', 'no HTTP status'],
    ['{"id":1,"ok":false}', 'no `status`'],
    ['{"event":1}', 'no string'],
  ])('says what is wrong with the line %s', (line, what) => {
    expect(() => readLine(line)).toThrow(what);
  });

  it('notices two different successors of one refresh token, and counts a replay as one', () => {
    const userId = randomUUID();
    const first = { ...firstRefreshToken(userId), generation: 1 };
    const text = formatRefreshToken(first);
    const other = formatRefreshToken({ ...first, secret: randomBytes(32) });
    const ledger = new Ledger();
    const hand = (refreshToken: string, moment: Moment = 'answered') => {
      noteSecret(refreshToken, 'a refresh token that nobody issued');
      const body = Buffer.from(JSON.stringify({ refreshToken }));
      const request = { n: 1, isOpen: false, method: 'POST', path: '/auth/refresh', headers: {}, body: Buffer.of() };
      ledger.observe(moment, { ...request, verdict: { do: 'pass' }, answer: { status: 200, headers: {}, body } });
    };
    hand(text);
    hand(text);
    expect(ledger.doubleSuccessorsOf(userId)).toBe(0);
    hand(other);
    expect(ledger.doubleSuccessorsOf(userId)).toBe(1);
  });
});

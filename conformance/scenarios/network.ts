// The network loses, delays, repeats and reorders, or somebody on the way answers.
import { always, next, scheduled, type Verdict } from '../../test/support/http-proxy.js';
import type { Round, Scenario } from '../kit/round.js';

export const REFRESH = /^POST \/auth\/refresh/;
const EVERYTHING = /^/;

const draws = (round: Round, on: RegExp, share: number, faults: readonly Verdict[], seconds: number) => {
  round.meet(scheduled(on, round.seed, share, faults));
  return round.wait(seconds);
};

/** What the service, and what a load balancer in front of it, answers while it cannot decide. */
const brokenAnswers: readonly Verdict[] = [
  {
    do: 'answer',
    status: 503,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ status: 503, code: 'unavailable', session: 'keep' }),
  },
  { do: 'answer', status: 502, body: '<h1>Bad Gateway</h1>' },
  { do: 'answer', status: 500, body: '' },
];

export const tooMany = (retryAfter: number): Verdict => ({
  do: 'answer',
  status: 429,
  headers: { 'content-type': 'application/problem+json', 'retry-after': String(retryAfter) },
  body: JSON.stringify({ status: 429, code: 'too_many_attempts', session: 'keep', retryAfter }),
});

export const lostAnswers: readonly Verdict[] = [
  { do: 'lose answer' },
  { do: 'lose answer', share: 0 },
  { do: 'lose answer', share: 0.7 },
];

export const networkScenarios: readonly Scenario[] = [
  {
    name: 'steady',
    about: 'nothing fails',
    play: (round) => round.wait(10),
  },
  {
    name: 'answers-lost',
    about: 'the service acts, and every other answer is lost, whole or in part',
    play: (round) => draws(round, EVERYTHING, 0.5, lostAnswers, 8),
  },
  {
    name: 'requests-lost',
    about: 'every other request is lost',
    play: (round) => draws(round, EVERYTHING, 0.5, [{ do: 'lose request' }], 8),
  },
  {
    name: 'late',
    about: 'requests and answers take up to 3 seconds',
    play: (round) => {
      const late = [500, 1_500, 3_000].flatMap((ms): Verdict[] => [
        { do: 'delay request', ms },
        { do: 'delay answer', ms },
      ]);
      return draws(round, EVERYTHING, 0.6, late, 9);
    },
  },
  {
    name: 'silent',
    about: 'the service acts, and two refreshes of each device are never answered',
    async play(round) {
      round.meet(
        next(REFRESH, ...Array.from({ length: 2 * round.devices.length }, (): Verdict => ({ do: 'silence' }))),
      );
      await round.wait(12);
    },
  },
  {
    name: 'duplicated',
    about: 'the network sends each refresh twice',
    play: (round) => draws(round, REFRESH, 1, [{ do: 'duplicate' }, { do: 'duplicate', afterMs: 700 }], 8),
  },
  {
    name: 'reordered',
    about: 'answers overtake each other',
    play: (round) => draws(round, EVERYTHING, 0.5, [{ do: 'reorder', atMostMs: 2_000 }], 9),
  },
  {
    name: 'server-errors',
    about: '500, 502 with a page, and 503 for everything',
    play: (round) => draws(round, EVERYTHING, 1, brokenAnswers, 6),
  },
  {
    name: 'too-many',
    about: 'the first refreshes are answered 429 with Retry-After',
    async play(round) {
      round.meet(next(REFRESH, ...Array.from({ length: 2 * round.devices.length }, () => tooMany(1))));
      await round.wait(8);
    },
  },
  {
    name: 'redirects',
    about: 'somebody on the way redirects sign-ins, refreshes and calls to a foreign origin',
    async play(round) {
      const { url } = round.stage.foreign;
      const to = (status: number): Verdict => ({ do: 'answer', status, headers: { location: `${url}/taken` } });
      round.meet(
        always(/^POST \/auth\/login/, to(307)),
        scheduled(REFRESH, round.seed, 1, [to(307), to(302), to(308)]),
        scheduled(EVERYTHING, round.seed, 0.5, [to(302), to(307)]),
      );
      for (const device of round.devices) await device.first.ask({ do: 'call', url: `${url}/an-api-of-others` });
      await signInOfAnother(round);
      await round.wait(6);
    },
  },
];

/** A sign-in whose password must not follow the redirect. Its storage is its own. */
async function signInOfAnother(round: Round): Promise<void> {
  const other = round.addDevice();
  await other.register();
  await other.first.start();
  await other.first.ask({ do: 'sign-in', ...other.person });
  await other.end();
}

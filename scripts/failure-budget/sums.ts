// What adds up to a promise: the parts are read from the code, and are not more than the whole.
import { inSeconds, type NumberName, textOf } from './numbers.js';

interface Sum {
  readonly what: string;
  /** In seconds, or a number of the code. */
  readonly whole: number | NumberName;
  readonly parts: readonly { readonly of: NumberName; readonly times?: number }[];
  readonly rest: string;
}

const sums: readonly Sum[] = [
  {
    what: 'a sibling that follows the feed knows what ended on any instance',
    whole: 'feedPromise',
    parts: [{ of: 'feedRound' }, { of: 'newsGap' }],
    rest: 'the read, the signature and the way',
  },
  {
    what: 'what Redis says is not older than',
    whole: 60,
    parts: [{ of: 'entry', times: 1.1 }, { of: 'lease' }],
    rest: 'nothing: the lease is taken before the read',
  },
  {
    what: 'every instance that reaches PostgreSQL refuses a revoked key',
    whole: 2,
    parts: [{ of: 'keyRound' }],
    rest: 'the read',
  },
  {
    what: 'the outbox tells Redis what was not confirmed',
    whole: 2,
    parts: [{ of: 'outboxYoung' }, { of: 'outboxRound' }],
    rest: 'the deletion; counted from when Redis answers again',
  },
  {
    what: 'the client has tried again',
    whole: 'grace',
    parts: [{ of: 'clientTry' }, { of: 'clientPause', times: 1.5 }],
    rest: 'one more try at least',
  },
  {
    what: 'W1: every verifier has fetched a key that begins to sign',
    whole: 'publishAhead',
    parts: [{ of: 'oldCopy' }, { of: 'lead' }],
    rest: 'verifiers that keep a key set for longer than they may',
  },
  {
    what: 'W2: every token of a key that has left the key set has expired',
    whole: 'removeAfter',
    parts: [{ of: 'memory' }, { of: 'leeway' }, { of: 'lead' }],
    rest: 'nothing that is known',
  },
];

/** @returns a sentence for each sum that does not hold */
export const wrongSums = (): string[] =>
  sums.flatMap(({ what, whole, parts }) => {
    const sum = parts.reduce((seconds, { of, times = 1 }) => seconds + inSeconds(of) * times, 0);
    const most = typeof whole === 'number' ? whole : inSeconds(whole);
    return sum <= most ? [] : [`"${what}": the parts are ${sum} s, and the whole ${most} s`];
  });

export const sumRows = (): string[][] =>
  sums.map(({ what, whole, parts, rest }) => [
    what,
    typeof whole === 'number' ? `${whole} s` : textOf(whole),
    parts.map(({ of, times }) => textOf(of) + (times === undefined ? '' : ` × ${times}`)).join(' + '),
    rest,
  ]);

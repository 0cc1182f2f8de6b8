// What if many ask at once? Questions that come within one turn of the event loop, or while enough others are on their way, go
// together: a round trip costs more than what it carries.
import DataLoader from 'dataloader';

export interface Limits {
  /** Questions that may be on their way at a time; what comes meanwhile waits and goes together. */
  readonly inFlight: number;
  /** How many go together. */
  readonly together: number;
}

/**
 * @param ask begins after each of its questions was put, so that no answer is older than its question; answers in their order
 * @returns puts one question
 */
export function gathered<Question, Answer>(
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  { inFlight, together }: Limits,
): (question: Question) => Promise<Answer> {
  const waiting: (() => void)[] = [];
  let free = inFlight;
  const leave = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  const loader = new DataLoader<Question, Answer>(async (questions) => ask(questions).finally(leave), {
    cache: false,
    maxBatchSize: together,
    batchScheduleFn: (send) => {
      if (free === 0) waiting.push(send);
      else {
        free--;
        setImmediate(send);
      }
    },
  });
  return (question) => loader.load(question);
}

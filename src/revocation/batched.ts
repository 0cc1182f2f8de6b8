// Sends questions together that arrive within one turn of the event loop, or while enough others
// are on their way: a round trip costs more than what it carries.
import DataLoader from 'dataloader';

export interface Limits {
  /** Questions that may be on their way at a time; what comes meanwhile waits and goes together. */
  readonly inFlight: number;
  /** How many go together. */
  readonly together: number;
}

/**
 * @param ask begins after each of its questions was put, so that no answer is older than its
 * question; answers in their order
 * @returns puts one question
 */
export function batched<Question, Answer>(
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
  const enter = (send: () => void) => {
    if (free === 0) waiting.push(send);
    else {
      free--;
      setImmediate(send);
    }
  };
  const askAndLeave = async (questions: readonly Question[]) => {
    try {
      return await ask(questions);
    } finally {
      leave();
    }
  };
  const options = { cache: false, maxBatchSize: together, batchScheduleFn: enter };
  const loader = new DataLoader<Question, Answer>(askAndLeave, options);
  return (question) => loader.load(question);
}

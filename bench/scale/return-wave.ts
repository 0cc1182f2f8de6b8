// Simulates what happens when the database comes back after an outage: all who wanted to refresh meanwhile come at once.
// One instance and its part of the clients; each client retries as packages/client does, and the instance refuses as it
// does in truth (src/limits/admission.ts).
import { Admission } from '../../src/limits/admission.js';

/** packages/client/src/refresh.ts */
const FIRST_DELAY_S = 0.5;
const MOST_DELAY_S = 16;
const CLIENT_WAITS_S = 10;
/** What a 503 asks for that says nothing else (src/errors.ts). */
const RETRY_AFTER_S = 1;
/** So long the others keep coming after the return. */
const OBSERVED_S = 600;

export interface Wave {
  readonly outageSeconds: number;
  /** The share of its capacity that the instance is busy when nothing is wrong. */
  readonly busy: number;
}

export interface Instance {
  /** Refreshes that it can answer. */
  readonly perSecond: number;
  /** What a refusal costs, as a share of an answer; without it the instance refuses nobody. */
  readonly refusalShare?: number;
}

export interface Course {
  /** From the return until all are served who came before it; Infinity where that does not happen while it is watched. */
  readonly secondsUntilServed: number;
  readonly mostTries: number;
  /** Served for clients that had stopped to wait. */
  readonly wastedShare: number;
}

interface Try {
  readonly at: number;
  readonly client: number;
}

/**
 * Requests are answered in the order of arrival, also those whose client has stopped to wait.
 * @param random numbers from 0 to 1
 */
export function returnWave({ outageSeconds, busy }: Wave, instance: Instance, random: () => number): Course {
  const { perSecond, refusalShare } = instance;
  const end = outageSeconds + OBSERVED_S;
  const clients = Math.round(busy * perSecond * end);
  const firstAt = Float64Array.from({ length: clients }, () => end * random());
  const delays = new Float64Array(clients).fill(FIRST_DELAY_S);
  const tries = new Queue();
  for (const [client, at] of firstAt.entries()) tries.add({ at, client });

  let freeAt = outageSeconds; // when the instance has done all that it was given
  let [waiting, lastServed, served, wasted] = [0, outageSeconds, 0, 0];
  const tried = new Uint16Array(clients);
  const isOfBefore = (client: number) => (firstAt[client] ?? 0) < outageSeconds;
  const again = (client: number, from: number, retryAfter = RETRY_AFTER_S) => {
    const delay = delays[client] ?? FIRST_DELAY_S;
    delays[client] = Math.min(2 * delay, MOST_DELAY_S);
    tries.add({ at: from + Math.max(delay, retryAfter) * (1 + random() / 2), client });
  };
  const admission = new Admission();
  const underWay = new UnderWay(admission);
  for (let next = tries.take(); next && next.at < end; next = tries.take()) {
    const { at, client } = next;
    const isFirst = tried[client] === 0;
    tried[client] = (tried[client] ?? 0) + 1;
    if (isFirst && isOfBefore(client)) waiting += 1;
    if (at < outageSeconds) {
      again(client, at);
      continue;
    }
    underWay.answerUntil(at);
    const retryAfter = refusalShare === undefined ? undefined : admission.refuse(1_000 * at);
    if (refusalShare !== undefined && retryAfter !== undefined) {
      freeAt += refusalShare / perSecond;
      again(client, at, retryAfter);
      continue;
    }
    freeAt = Math.max(at, freeAt) + 1 / perSecond;
    underWay.enter(at, freeAt);
    served += 1;
    if (freeAt - at > CLIENT_WAITS_S) {
      wasted += 1;
      again(client, at + CLIENT_WAITS_S);
    } else if (isOfBefore(client)) {
      waiting -= 1;
      lastServed = Math.max(lastServed, freeAt);
    }
  }
  return {
    secondsUntilServed: waiting > 0 ? Infinity : lastServed - outageSeconds,
    mostTries: tried.reduce((most, each) => Math.max(most, each), 0),
    wastedShare: wasted / Math.max(1, served),
  };
}

/** What was let in and is not answered yet: in the order of arrival. */
class UnderWay {
  private readonly answeredAt: number[] = [];
  private first = 0;

  constructor(private readonly admission: Admission) {}

  enter(at: number, answeredAt: number): void {
    this.admission.enter(`${this.answeredAt.push(answeredAt) - 1}`, 1_000 * at);
  }

  answerUntil(now: number): void {
    for (let at = this.answeredAt[this.first]; at !== undefined && at <= now; at = this.answeredAt[++this.first])
      this.admission.leave(`${this.first}`, true, 1_000 * at);
  }
}

/** A binary heap: the earliest try comes first. */
class Queue {
  private readonly heap: Try[] = [];

  add(item: Try): void {
    let at = this.heap.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.heap[above];
      if (!parent || parent.at <= item.at) break;
      this.heap[at] = parent;
      at = above;
    }
    this.heap[at] = item;
  }

  take(): Try | undefined {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (last && this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(item: Try): void {
    let at = 0;
    for (;;) {
      const [left, right] = [this.heap[2 * at + 1], this.heap[2 * at + 2]];
      const isRight = right !== undefined && left !== undefined && right.at < left.at;
      const child = isRight ? right : left;
      if (!child || child.at >= item.at) break;
      this.heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    this.heap[at] = item;
  }
}

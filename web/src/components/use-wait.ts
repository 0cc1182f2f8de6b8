// Counts down the seconds after which a refused request may be made again.
import { useEffect, useState } from 'preact/hooks';
import type { Trouble } from './use-call.js';

/** @returns seconds to wait; 0 when there is nothing to wait for */
export function useWait(trouble: Trouble | undefined): number {
  const until =
    trouble?.kind === 'refused' && trouble.refused.retryAfter !== undefined
      ? trouble.at + trouble.refused.retryAfter * 1000
      : undefined;
  return useCountdown(until);
}

/** @param until as performance.now() counts */
export function useCountdown(until: number | undefined): number {
  const [, tick] = useState(0);
  const left = until === undefined ? 0 : Math.max(0, Math.ceil((until - performance.now()) / 1000));
  useEffect(() => {
    if (left === 0) return undefined;
    const timer = setInterval(() => tick((ticks) => ticks + 1), 250);
    return () => clearInterval(timer);
  }, [until, left === 0]);
  return left;
}

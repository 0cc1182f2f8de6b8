// Makes one request at a time, and keeps what came of it: busy, refused, not reached. A request that reached nobody is
// made again by itself; the person can also press again.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Refused } from '../../../packages/client/src/main.js';
import { isRefused } from '../requests.js';

export interface Try {
  /** An earlier try got no answer: the service may have done what was asked. */
  readonly mayBeDone: boolean;
}

export type Trouble =
  | { readonly kind: 'refused'; readonly refused: Refused; readonly at: number }
  | { readonly kind: 'unreached'; readonly isOffline: boolean; readonly triesAgain: boolean }
  | { readonly kind: 'failed' };

export interface Call<V = void> {
  /** While a request is under way it does nothing. */
  readonly run: (value: V) => void;
  readonly isBusy: boolean;
  readonly trouble: Trouble | undefined;
  readonly forget: () => void;
}

/** Waits before the tries after the first one; then the person decides. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000];

/** @param act rejects with Refused, or with another error if no answer came */
export function useCall<V = void>(act: (value: V, trial: Try) => Promise<void>): Call<V> {
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Trouble>();
  const isWorking = useRef(false);
  const wake = useRef<() => void>(undefined);
  const isGone = useRef(false);
  const latest = useRef<V>(undefined);
  useEffect(
    () => () => {
      isGone.current = true;
      wake.current?.();
    },
    [],
  );

  async function work(): Promise<void> {
    for (let tries = 0; !isGone.current; tries++) {
      setBusy(true);
      const met = await attempt(() => act(latest.current as V, { mayBeDone: tries > 0 }));
      const pause = met?.kind === 'unreached' ? PAUSES_MS[tries] : undefined;
      setTrouble(met?.kind === 'unreached' ? { ...met, triesAgain: pause !== undefined } : met);
      setBusy(false);
      if (pause === undefined) return;
      await comeback(pause, wake);
    }
  }

  const run = (value: V) => {
    if (isWorking.current && !wake.current) return;
    latest.current = value;
    if (wake.current) return wake.current();
    isWorking.current = true;
    setTrouble(undefined);
    void work().finally(() => (isWorking.current = false));
  };
  return { run, isBusy, trouble, forget: () => setTrouble(undefined) };
}

async function attempt(act: () => Promise<void>): Promise<Trouble | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (isRefused(error)) return { kind: 'refused', refused: error, at: performance.now() };
    if (isUnreached(error)) return { kind: 'unreached', isOffline: !navigator.onLine, triesAgain: false };
    reportError(error);
    return { kind: 'failed' };
  }
}

/** What fetch throws without an answer: TypeError, or a time-out of ours or of the client's. */
const isUnreached = (error: unknown): boolean =>
  error instanceof TypeError || (error instanceof Error && /^(?:Timeout|Abort|Network)Error$/.test(error.name));

/** Returns after the pause, or at once when the network returns or the person presses again. */
function comeback(pause: number, wake: { current: (() => void) | undefined }): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(finish, pause);
    function finish(): void {
      clearTimeout(timer);
      removeEventListener('online', finish);
      wake.current = undefined;
      done();
    }
    addEventListener('online', finish);
    wake.current = finish;
  });
}

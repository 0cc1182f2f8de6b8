// What browsers have and React Native or Node may lack: each part is optional.
import type { Locks } from './locks.js';

interface Events {
  addEventListener(type: string, listener: () => unknown, options?: { readonly signal: AbortSignal }): void;
  removeEventListener(type: string, listener: () => unknown): void;
}

interface Channel {
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  postMessage(message: unknown): void;
  close(): void;
}

interface Platform extends Partial<Events> {
  readonly navigator?: { readonly locks?: Locks };
  readonly document?: Events & { readonly visibilityState: string; readonly baseURI: string };
  readonly location?: { readonly href: string };
  readonly BroadcastChannel?: new (name: string) => Channel;
}

export const platform = globalThis as unknown as Platform;

/**
 * Timers do not run while a machine sleeps, so the moments after it count: the network is back, the page is seen again.
 * @returns a function that stops it
 */
export function onWake(wake: () => void): () => void {
  const wakeIfSeen = () => platform.document?.visibilityState !== 'hidden' && wake();
  const end = new AbortController(); // has the `signal` that listeners are to end with
  platform.addEventListener?.('online', wakeIfSeen, end);
  platform.document?.addEventListener('visibilitychange', wakeIfSeen, end);
  return () => end.abort();
}

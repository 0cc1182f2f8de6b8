// What browsers have and React Native or Node may lack: each part is optional.
import type { Locks } from './locks.js';

interface Events {
  addEventListener(type: string, listener: () => unknown): void;
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
  const listen = (verb: keyof Events) => {
    platform[verb]?.('online', wakeIfSeen);
    platform.document?.[verb]('visibilitychange', wakeIfSeen);
  };
  listen('addEventListener');
  return () => listen('removeEventListener');
}

// Tells the other tabs of a browser what happened, and hears it from them. No message holds a token.
import type { Held } from './answers.js';
import { platform } from './platform.js';

export type Message =
  | { readonly held: Held }
  | {
      readonly held?: undefined;
      readonly id: string;
      readonly code: string | undefined;
    };

export interface Tabs {
  tell(message: Message): void;
  close(): void;
}

/** Without BroadcastChannel every tab finds out by its own next request. */
export function openTabs(issuer: string, hear: (message: Message) => void): Tabs {
  let channel: InstanceType<NonNullable<typeof platform.BroadcastChannel>> | undefined;
  try {
    channel = new platform.BroadcastChannel!(`watchword:${issuer}`);
    channel.addEventListener('message', ({ data }) => hear(data as Message));
  } catch {
    // There is none, or it is not allowed.
  }
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin
    tell: (message) => channel?.postMessage(message),
    close() {
      channel?.close();
      channel = undefined; // a closed channel throws
    },
  };
}

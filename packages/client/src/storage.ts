// Where a client without cookies keeps its tokens, and the storage that forgets them when the process ends.
import type { Held } from './answers.js';
import { ownLocks } from './locks.js';

/** What is kept. Whoever reads it can act as the person: keep it in the keychain or in a file of the user's own. */
export interface Stored {
  readonly tokens?: Held | undefined;
  /** Sent with the next sign-in, also after a sign-out. It proves nothing by itself. */
  readonly deviceToken?: string | undefined;
}

export interface TokenStorage {
  /** @returns what was saved last, by whichever process; undefined where there is nothing */
  load(): Promise<Stored | undefined> | Stored | undefined;
  /** Resolves when it would survive the end of the process. Saving is atomic: all or nothing. */
  save(stored: Stored): Promise<void> | void;
  /** Lets one user of the storage refresh at a time. A holder that died must not hold the others up. */
  withLock<T>(run: () => Promise<T>): Promise<T>;
}

/** Tokens live as long as the process or the page. */
export function memoryStorage(): TokenStorage {
  const locks = ownLocks();
  const { signal } = new AbortController();
  let kept: Stored | undefined;
  return {
    load: () => kept,
    save: (stored) => void (kept = stored),
    withLock: (run) => locks.request('', { mode: 'exclusive', signal }, run),
  };
}

/** @returns undefined where it is nothing that was saved: who signed in can only sign in again, and must be able to */
export function storedIn(text: string | null | undefined): Stored | undefined {
  try {
    const stored = JSON.parse(text ?? '') as Partial<Stored> | null;
    const { tokens, deviceToken } = stored ?? {};
    return {
      ...(typeof tokens?.refreshToken === 'string' && tokens.session?.id ? { tokens } : {}),
      ...(typeof deviceToken === 'string' ? { deviceToken } : {}),
    };
  } catch {
    return undefined;
  }
}

// The session of this browser, for the pages.
import { useEffect, useState } from 'preact/hooks';
import { createClient } from '../../packages/client/src/main.js';

export const auth = createClient({ issuer: location.origin, transport: 'cookie' });

/** No secret: that somebody signed in here. It decides only whether a page waits for the answer who it is. */
const HINT = 'watchword:signed-in';

interface Known {
  readonly user: typeof auth.user;
  /** The code that ended the session while the pages were open. */
  readonly ended: string | undefined;
}

const readers = new Set<() => void>();
let ended: string | undefined;

export function startAuth(): void {
  auth.subscribe(({ type, code }) => {
    ended = type === 'ended' ? (code ?? 'ended') : undefined;
    changed();
  });
  // Brought back by Back as it was left: whoever it shows may have signed out since.
  addEventListener('pageshow', ({ persisted }) => void (persisted && restore().catch(() => undefined)));
}

/** Asks the service who is signed in. */
export async function restore(): Promise<void> {
  await auth.restore();
  changed();
}

/** Renders anew when somebody signs in or out, here or in another tab. */
export function useAuth(): Known {
  const [, setChanges] = useState(0);
  useEffect(() => {
    const read = () => setChanges((changes) => changes + 1);
    readers.add(read);
    return () => void readers.delete(read);
  }, []);
  return { user: auth.user, ended };
}

export function mayBeSignedIn(): boolean {
  try {
    return auth.user !== null || localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function changed(): void {
  try {
    if (auth.user === null) localStorage.removeItem(HINT);
    else localStorage.setItem(HINT, '1');
  } catch {
    // Storage is off: every page asks.
  }
  for (const read of readers) read();
}

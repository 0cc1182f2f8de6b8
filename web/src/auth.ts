// The session of this browser, for the pages.
import { useEffect, useState } from 'preact/hooks';
import { createClient } from './client-stub.js';

export const auth = createClient({ issuer: location.origin, transport: 'cookie' });

/** No secret: that somebody signed in here. It decides only whether a page waits for the answer who it is. */
const HINT = 'watchword:signed-in';

interface Known {
  readonly user: typeof auth.user;
  /** What ended the session while the pages were open. */
  readonly ended: string | undefined;
}

let ended: string | undefined;

export function startAuth(): void {
  auth.subscribe(({ type, code }) => {
    ended = type === 'ended' ? (code ?? 'ended') : undefined;
    hint(type !== 'ended');
  });
}

export function useAuth(): Known {
  const [known, setKnown] = useState<Known>({ user: auth.user, ended });
  useEffect(() => auth.subscribe(() => setKnown({ user: auth.user, ended })), []);
  return known;
}

/** Renders anew when it is known who is signed in. */
export function useRestored(): boolean {
  const [isKnown, setIsKnown] = useState(auth.user !== null);
  useEffect(() => {
    if (!isKnown) void restored().finally(() => setIsKnown(true));
  }, []);
  return isKnown;
}

/** An answer that does not come counts as nobody. */
async function restored(): Promise<void> {
  const user = await auth.restore().catch(() => null);
  if (user === null) hint(false);
}

export function mayBeSignedIn(): boolean {
  try {
    return auth.user !== null || localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
}

function hint(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(HINT, '1');
    else localStorage.removeItem(HINT);
  } catch {
    // Storage is off: every page asks.
  }
}

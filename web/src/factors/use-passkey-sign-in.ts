// Signs in by a passkey alone: by a button, or by a suggestion of the browser in the field for the address.
import { useEffect, useRef } from 'preact/hooks';
import { canSuggestPasskeys, type PasskeyCredential } from '../../../packages/client/src/passkeys.js';
import { auth } from '../auth.js';
import { type Call, useCall } from '../components/use-call.js';
import { open } from '../requests.js';
import { leave } from '../return-to.js';
import { isSignedInBy } from './next-step.js';
import { askedFor } from './passkeys.js';

/** The service takes the answer to a question that is at most 5 minutes old. */
const QUESTION_MS = 240_000;

const question = () => open('/auth/login/passkey/options', {}, { cookies: true });

/** @returns the act of the button; while it is under way, the browser suggests nothing */
export function usePasskeySignIn(query: URLSearchParams): Call<PasskeyCredential | undefined> {
  const suggestion = useRef<AbortController>(undefined);
  const call = useCall<PasskeyCredential | undefined>(async (suggested) => {
    suggestion.current?.abort(); // a browser asks one question at a time
    const credential = suggested ?? (await askedFor(await question()));
    const signIn = () => auth.signIn({ credential, remember: isRemembered() });
    if (await isSignedInBy(signIn, query)) leave(query);
  });
  useEffect(() => {
    if (call.isBusy) return undefined;
    const gone = new AbortController();
    suggestion.current = gone;
    void suggest(gone.signal, call.run);
    return () => gone.abort();
  }, [call.isBusy]);
  return call;
}

/** Until the person takes one, or the signal ends it. Whatever goes wrong, the form beside it works. */
async function suggest(signal: AbortSignal, take: (credential: PasskeyCredential) => void): Promise<void> {
  if (!(await canSuggestPasskeys().catch(() => false))) return;
  while (!signal.aborted) {
    const round = new AbortController();
    const end = () => round.abort();
    const timer = setTimeout(end, QUESTION_MS);
    signal.addEventListener('abort', end);
    try {
      const credential = await askedFor(await question(), { mediation: 'conditional', signal: round.signal });
      return signal.aborted ? undefined : take(credential);
    } catch {
      if (!round.signal.aborted) return;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }
}

const isRemembered = (): boolean =>
  document.querySelector<HTMLInputElement>('input[name="remember"]')?.checked === true;

// Asks the browser for a passkey, and turns its refusals into ours: they get a sentence as those of the service do.
import {
  askForPasskey,
  makePasskey,
  type PasskeyCredential,
  type PasskeyWishes,
} from '../../../packages/client/src/passkeys.js';
import { Refused } from '../../../packages/client/src/main.js';

const codes: Readonly<Record<string, string>> = {
  NotAllowedError: 'passkey_unused',
  InvalidStateError: 'passkey_known',
  NotSupportedError: 'passkey_unsupported',
  ConstraintError: 'passkey_unsupported',
  SecurityError: 'passkey_unsupported',
};

/** @throws Refused where the person or the browser declines */
export const askedFor = (options: Response, wishes?: PasskeyWishes): Promise<PasskeyCredential> =>
  withCodes(async () => askForPasskey((await options.json()) as object, wishes));

/** @throws as `askedFor` */
export const made = (options: Response): Promise<PasskeyCredential> =>
  withCodes(async () => makePasskey((await options.json()) as object));

async function withCodes<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const code = error instanceof DOMException ? codes[error.name] : undefined;
    throw code === undefined ? error : new Refused({ status: 0, code });
  }
}

// Passkeys in a browser: from the service's options to what it checks, as JSON (WebAuthn Level 3 §5.1).

/** `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`, as the service answers it. */
export type PasskeyOptions = object;

/** As `toJSON()` writes a credential: what the service takes as `credential` or `passkey`. */
export interface PasskeyCredential {
  readonly id: string;
  readonly rawId: string;
  readonly type: string;
  readonly authenticatorAttachment: string | undefined;
  readonly clientExtensionResults: object;
  readonly response: Readonly<Record<string, unknown>>;
}

export interface PasskeyWishes {
  /** Takes the question back, such as when the person leaves the page or chooses another way. */
  readonly signal?: AbortSignal;
  /** `conditional`: the browser suggests passkeys in a field with `autocomplete="username webauthn"`, and asks nothing. */
  readonly mediation?: 'conditional';
}

interface Ceremonies {
  create(options: object): Promise<Given | null>;
  get(options: object): Promise<Given | null>;
}

interface Given {
  readonly rawId: ArrayBuffer;
  readonly type: string;
  readonly authenticatorAttachment?: string | null;
  readonly response: Readonly<Record<string, unknown>> & { getTransports?(): readonly string[] };
  getClientExtensionResults(): object;
}

interface Browser {
  readonly PublicKeyCredential?: { isConditionalMediationAvailable?(): Promise<boolean> };
  readonly navigator?: { readonly credentials?: Ceremonies };
}

const browser = globalThis as unknown as Browser;

/** @returns whether this browser knows passkeys; whether the person has one shows when they are asked */
export const knowsPasskeys = (): boolean => typeof browser.PublicKeyCredential === 'function';

/** @returns whether the browser can suggest passkeys in a field, without asking */
export const canSuggestPasskeys = async (): Promise<boolean> =>
  (await browser.PublicKeyCredential?.isConditionalMediationAvailable?.()) ?? false;

/**
 * Asks the person for a passkey.
 * @throws DOMException `NotAllowedError` where the person declines, has none or takes too long; `AbortError` by the signal
 */
export const askForPasskey = async (options: PasskeyOptions, wishes: PasskeyWishes = {}): Promise<PasskeyCredential> =>
  asJson(await ceremonies().get({ publicKey: parsed(options), ...wishes }));

/**
 * Makes a passkey.
 * @throws DOMException as `askForPasskey`; `InvalidStateError` where this device has one of the account already
 */
export const makePasskey = async (options: PasskeyOptions, wishes: PasskeyWishes = {}): Promise<PasskeyCredential> =>
  asJson(await ceremonies().create({ publicKey: parsed(options), ...wishes }));

function ceremonies(): Ceremonies {
  const { credentials } = browser.navigator ?? {};
  if (!credentials) throw new DOMException('This browser has no passkeys.', 'NotSupportedError');
  return credentials;
}

interface Described {
  readonly id: string;
}

interface Options {
  readonly challenge: string;
  readonly user?: Described;
  readonly excludeCredentials?: readonly Described[];
  readonly allowCredentials?: readonly Described[];
}

/** Not by `parseRequestOptionsFromJSON`: browsers of 2024 lack it. */
function parsed(options: PasskeyOptions): object {
  const { challenge, user, excludeCredentials, allowCredentials } = options as Options;
  return {
    ...options,
    challenge: bytesOf(challenge),
    ...(user && { user: withBytes(user) }),
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(withBytes) }),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(withBytes) }),
  };
}

const withBytes = (described: Described) => ({ ...described, id: bytesOf(described.id) });

const answers = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'] as const;

/** Not by `toJSON`: some password managers give a credential on which it throws. */
function asJson(given: Given | null): PasskeyCredential {
  if (!given) throw new DOMException('There is no passkey.', 'NotAllowedError');
  const { rawId, type, authenticatorAttachment, response } = given;
  const id = textOf(rawId);
  const buffers = answers.filter((name) => response[name] instanceof ArrayBuffer);
  return {
    ...{ id, rawId: id, type, authenticatorAttachment: authenticatorAttachment ?? undefined },
    clientExtensionResults: given.getClientExtensionResults(),
    response: {
      ...Object.fromEntries(buffers.map((name) => [name, textOf(response[name] as ArrayBuffer)])),
      ...(response.getTransports && { transports: response.getTransports() }),
    },
  };
}

function bytesOf(base64url: string): Uint8Array {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

const textOf = (bytes: ArrayBuffer): string =>
  btoa(String.fromCodePoint(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

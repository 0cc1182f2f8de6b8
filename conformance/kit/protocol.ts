// The lines between the kit and a client (docs/conformance.md).

export type Transport = 'bearer' | 'cookie';

/** What the kit asks for; a line also has an `id`. */
export type Command =
  | { readonly do: 'start'; readonly issuer: string; readonly storage: string; readonly transport: Transport }
  | { readonly do: 'sign-in'; readonly email: string; readonly password: string }
  | { readonly do: 'call'; readonly path: string }
  | { readonly do: 'call'; readonly url: string }
  | { readonly do: 'sign-out' }
  | { readonly do: 'time'; readonly offsetSeconds: number };

/** `status`: of the answer that the client ended up with; `error`: there was none. */
export interface Reply {
  readonly id: number;
  readonly status?: number;
  readonly ok?: true;
  readonly error?: string;
}

/** Only `ended` counts. */
export interface ClientEvent {
  readonly event: string;
  readonly code?: string;
}

/** The client does not speak the protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  constructor(
    what: string,
    /** The line that was wrong, or what was waited for. */
    readonly line: string,
  ) {
    super(what);
  }
}

/** @throws ProtocolError that says what the line lacks */
export function readLine(line: string): Reply | ClientEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new ProtocolError('a line of the client is no JSON', line);
  }
  if (typeof value !== 'object' || value === null) throw new ProtocolError('a line is no JSON object', line);
  const { id, event, status, ok, error } = value as Record<string, unknown>;
  if (event !== undefined) {
    if (typeof event !== 'string') throw new ProtocolError('`event` is no string', line);
    return value as ClientEvent;
  }
  if (!Number.isInteger(id)) throw new ProtocolError('a line has neither an `event` nor an `id`', line);
  const hasStatus = Number.isInteger(status) && Number(status) >= 100 && Number(status) <= 599;
  if (status !== undefined && !hasStatus) throw new ProtocolError('`status` is no HTTP status', line);
  if (!hasStatus && ok !== true && typeof error !== 'string')
    throw new ProtocolError('an answer has no `status`, no `"ok": true` and no `error`', line);
  return value as Reply;
}

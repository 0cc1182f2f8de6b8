// Reads who calls an OAuth route: HTTP Basic or the form's client_secret, never both (RFC 6749 §2.3). Pure.
import { Refusal } from '../errors.js';
import { type Form, formDecoded } from '../http/form.js';

export interface ClientCredentials {
  readonly clientId: string;
  readonly secret: string;
}

/** @throws Refusal `invalid_client` where there are none, `invalid_request` where there are two */
export function credentialsOf(authorization: string | undefined, form: Form): ClientCredentials {
  const { client_id: clientId, client_secret: secret, client_assertion: assertion } = form;
  const given = [authorization, secret, assertion].filter((each) => each !== undefined);
  if (given.length > 1) throw twice('Authenticate once: by HTTP Basic, or by client_secret.');
  if (authorization !== undefined) {
    const basic = basicOf(authorization);
    if (clientId !== undefined && clientId !== basic.clientId) throw twice('client_id is not the one of HTTP Basic.');
    return basic;
  }
  if (typeof clientId !== 'string' || typeof secret !== 'string') throw unreadable('no credentials');
  return { clientId, secret };
}

/** RFC 6749 §2.3.1: both parts are form-encoded before RFC 7617 joins them. */
function basicOf(authorization: string): ClientCredentials {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) throw unreadable('not HTTP Basic');
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  const [clientId, secret] = [formDecoded(text.slice(0, Math.max(at, 0))), formDecoded(text.slice(at + 1))];
  if (at < 0 || clientId === undefined || secret === undefined) throw unreadable('not well encoded');
  return { clientId, secret };
}

const twice = (message: string) => new Refusal('invalid_request', { errors: [{ path: '', message }] });
const unreadable = (reason: string) => new Refusal('invalid_client', { cause: new Error(reason) });

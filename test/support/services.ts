// Services of the tests: they are added as the command line adds them, and call the OAuth routes.
import { randomUUID } from 'node:crypto';
import { type ServiceRights, Services } from '../../src/siblings/services.js';
import { type Answer, call } from './client.js';
import { noteSecret } from './leaks.js';
import type { Service } from './service.js';

export interface Client {
  readonly name: string;
  readonly clientId: string;
  readonly secret: string;
}

const operator = { ip: null, userAgent: 'cli tests@here', requestId: randomUUID() };

/** A service of its own for each test. */
export async function addService({ app }: Service, rights: Partial<ServiceRights> = {}): Promise<Client> {
  const name = `s-${randomUUID()}`;
  const all = { scopes: ['introspect', 'revoke'], audiences: [], resources: [], ...rights };
  const added = await app.get(Services, { strict: false }).add(name, all, 'operator', operator);
  if (!added) throw new Error('The name is taken.');
  noteSecret(added.secret, 'the secret of a service');
  return { name, ...added };
}

export async function rotated({ app }: Service, client: Client): Promise<Client> {
  const after = await app.get(Services, { strict: false }).rotateSecret(client.name, 'operator', operator);
  if (!after) throw new Error('There is no such service.');
  noteSecret(after.secret, 'the secret of a service');
  return { ...client, secret: after.secret };
}

export const endPrevious = ({ app }: Service, { name }: Client) =>
  app.get(Services, { strict: false }).endPreviousSecret(name, 'operator', operator);

export const removed = ({ app }: Service, { name }: Client) =>
  app.get(Services, { strict: false }).remove(name, 'operator', operator);

/** As RFC 6749 §2.3.1 writes it. */
export const basic = ({ clientId, secret }: Pick<Client, 'clientId' | 'secret'>) => ({
  authorization: `Basic ${Buffer.from(`${encoded(clientId)}:${encoded(secret)}`).toString('base64')}`,
});

const encoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** @param form as text where its spelling matters */
export const post = (
  base: string,
  path: string,
  form: string | Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const rawBody = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  return call(base, 'POST', path, { rawBody, headers: { ...FORM, ...headers } });
};

export const introspect = (base: string, client: Client, token: string, headers: Record<string, string> = {}) =>
  post(base, '/oauth/introspect', { token }, { ...basic(client), ...headers });

export const revoke = (base: string, client: Client, token: string, more: Record<string, string> = {}) =>
  post(base, '/oauth/revoke', { token, ...more }, basic(client));

export const grant = (base: string, client: Client, more: Record<string, string> = {}) =>
  post(base, '/oauth/token', { grant_type: 'client_credentials', ...more }, basic(client));

/** @returns an access token of the service */
export async function tokenOf(base: string, client: Client, more: Record<string, string> = {}): Promise<string> {
  const answer = await grant(base, client, more);
  if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.text}`);
  return String(answer.json['access_token']);
}

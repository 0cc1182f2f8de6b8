// Administrators with two factors, and what they ask for.
import { type Answer, bearer, call, type Call, type Person, type Tokens } from './client.js';
import { enrolled, type Enrolled, signedInWith } from './factors.js';
import type { Service } from './service.js';

export interface Administrator extends Enrolled {
  readonly tokens: Tokens;
  /** Asks with the access token of the administrator. */
  readonly ask: (method: string, path: string, given?: Call) => Promise<Answer>;
}

export const giveRole = (service: Service, userId: string, role: string) =>
  service.query('UPDATE users SET role = $2, token_version = token_version + 1 WHERE id = $1', [userId, role]);

/** Signed in with two factors just now. */
export async function administrator(service: Service, given?: Person): Promise<Administrator> {
  const who = await enrolled(service, given);
  await giveRole(service, who.userId, 'admin');
  const tokens = await signedInWith(service, who);
  return { ...who, tokens, ask: asking(service, tokens) };
}

export const asking =
  (service: Pick<Service, 'url'>, { accessToken }: Pick<Tokens, 'accessToken'>) =>
  (method: string, path: string, given: Call = {}): Promise<Answer> =>
    call(service.url, method, path, { ...given, headers: { ...bearer(accessToken), ...given.headers } });

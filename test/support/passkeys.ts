// Registers passkeys of a software authenticator, and signs in by them.
import { Passkeys } from '../../src/factors/passkeys/passkeys.js';
import { PasskeyOptions } from '../../src/factors/passkeys/passkey-options.js';
import { PasskeyRegistration } from '../../src/factors/passkeys/passkey-registration.js';
import { Database } from '../../src/database/database.js';
import { Authenticator, type Spoiled } from './authenticator.js';
import { type Answer, Browser, call, mobile, type Person, register } from './client.js';
import type { Service } from './service.js';

export interface Holder {
  readonly person: Person;
  readonly userId: string;
  readonly key: Authenticator;
}

/** A person with one passkey. */
export async function holder(service: Service, key = new Authenticator()): Promise<Holder> {
  const person = await register(service.url);
  const { user } = await mobile(service.url, person);
  await addPasskey(service, user.id, person.email, key);
  return { person, userId: user.id, key };
}

/** Without a route: what guards those is tested elsewhere. */
export async function addPasskey(
  service: Service,
  userId: string,
  email: string,
  key = new Authenticator(),
): Promise<Authenticator> {
  const options = await service.app.get(PasskeyOptions).toRegister({ id: userId, email }, []);
  const made = await service.app.get(PasskeyRegistration).verified(key.create(options) as never, userId);
  if (!made) throw new Error('not registered');
  await service.app.get(Passkeys).add(service.app.get(Database), made.passkey);
  return key;
}

export const optionsOf = async ({ url }: Service): Promise<Answer['json']> => {
  const answer = await call(url, 'POST', '/auth/login/passkey/options', { body: { transport: 'bearer' } });
  if (answer.status !== 200) throw new Error(`options: ${answer.status} ${answer.text}`);
  return answer.json;
};

export const signInWith = ({ url }: Service, credential: object, extra: object = {}): Promise<Answer> =>
  call(url, 'POST', '/auth/login/passkey', { body: { credential, transport: 'bearer', ...extra } });

/** Over the bearer transport. */
export async function signInBy(service: Service, key: Authenticator, spoiled: Spoiled = {}): Promise<Answer> {
  return signInWith(service, key.get(await optionsOf(service), spoiled));
}

/** Over cookies. */
export async function signInIn(browser: Browser, key: Authenticator): Promise<Answer> {
  const options = await browser.go('POST', '/auth/login/passkey/options');
  return browser.go('POST', '/auth/login/passkey', { body: { credential: key.get(options.json) } });
}

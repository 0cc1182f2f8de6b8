// People with second factors, and an authenticator app that shares no code with the service.
import { createHmac } from 'node:crypto';
import { Database } from '../../src/database/database.js';
import { inTransaction } from '../../src/database/transactions.js';
import { RecoveryCodes } from '../../src/factors/recovery-codes.js';
import { TotpAuthenticators } from '../../src/factors/totp-authenticators.js';
import { type Answer, type Browser, call, type Person, register, type Tokens } from './client.js';
import { noteRecoveryCode, noteSeed } from './leaks.js';
import type { Service } from './service.js';
import { Secret } from 'otpauth';

export const STEP_SECONDS = 30;

/** RFC 6238 with SHA-1 and six digits, written from the RFC. */
export function codeOf(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const at = mac.readUInt8(mac.length - 1) & 0xf;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Another code than those that count at the step, or beside it. */
export function wrongCodeOf(seed: Buffer, step: number): string {
  const right = new Set([-2, -1, 0, 1, 2].map((delta) => codeOf(seed, step + delta)));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.has(code)) ?? '';
}

export async function stepNow(service: Service): Promise<number> {
  const [row] = await service.query<{ seconds: number }>('SELECT extract(epoch FROM protocol_now())::float AS seconds');
  return Math.floor((row?.seconds ?? 0) / STEP_SECONDS);
}

export interface Enrolled {
  readonly person: Person;
  readonly userId: string;
  readonly authenticatorId: string;
  readonly seed: Buffer;
  readonly recoveryCodes: readonly string[];
  /** What the app shows now; it has not been used. */
  readonly code: () => Promise<string>;
  readonly wrongCode: () => Promise<string>;
}

/** An account with a confirmed app and ten recovery codes, enrolled some time ago. */
export async function enrolled(service: Service, given?: Person): Promise<Enrolled> {
  const person = given ?? (await register(service.url));
  const [user] = await service.query<{ id: string }>('SELECT id FROM users WHERE email = $1', [person.email]);
  if (!user) throw new Error('nobody was registered');
  const authenticators = service.app.get(TotpAuthenticators, { strict: false });
  const begun = await authenticators.begin(user.id, null);
  if (!begun) throw new Error('the account has too many authenticators');
  const { id, seed } = begun;
  noteSeed(new Secret({ buffer: new Uint8Array(seed).buffer }).base32);
  const match = { id, step: (await stepNow(service)) - 10 };
  const recoveryCodes = await inTransaction(service.app.get(Database), async (tx) => {
    if (!(await authenticators.confirm(tx, user.id, match))) throw new Error('the authenticator was not confirmed');
    return service.app.get(RecoveryCodes, { strict: false }).renew(tx, user.id);
  });
  for (const code of recoveryCodes) noteRecoveryCode(code);
  const code = async () => codeOf(seed, await stepNow(service));
  const wrongCode = async () => wrongCodeOf(seed, await stepNow(service));
  return { person, userId: user.id, authenticatorId: id, seed, recoveryCodes, code, wrongCode };
}

/** The seed in what a QR code says. */
export function seedIn(uri: string): Buffer {
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  return Buffer.from(Secret.fromBase32(secret).bytes);
}

/** A session of two factors. The code of each step counts once, so the time goes on to the next one. */
export async function signedInWith(service: Service, { person, code }: Enrolled): Promise<Tokens> {
  await service.advance(STEP_SECONDS);
  const answer = await factor(service, { ticket: await ticketOf(service, person), totp: await code() });
  if (answer.status !== 200) throw new Error(`factor: ${answer.text}`);
  return answer.json as Tokens;
}

/** Signs in by password, up to the ticket. */
export async function ticketOf(service: Service, person: Person, extra: object = {}): Promise<string> {
  const body = { ...person, transport: 'bearer', ...extra };
  const { json } = await call(service.url, 'POST', '/auth/login', { body });
  if (json['code'] !== 'second_factor_required') throw new Error(`login: ${JSON.stringify(json)}`);
  return json['ticket'] as string;
}

export const factor = (service: Service, body: object): Promise<Answer> =>
  call(service.url, 'POST', '/auth/factor', { body });

export const factorOf = (browser: Browser, body: object): Promise<Answer> =>
  browser.go('POST', '/auth/factor', { body });

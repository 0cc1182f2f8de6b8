// The second step of a sign-in: what the client sends, and what it makes of the answers.
import { describe, expect, it } from 'vitest';
import { createClient } from './client.js';
import { askForPasskey, canSuggestPasskeys, knowsPasskeys } from './passkeys.js';
import { memoryStorage } from './storage.js';
import { Refused } from './verdicts.js';

const issuer = 'https://auth.example.com';
const person = { email: 'a@example.com', password: 'a long passphrase' };
const user = { id: 'u', email: person.email, role: 'user', emailVerified: true };
const tokens = { user, session: { id: 's', generation: 0 }, expiresIn: 900, refreshIn: 600, accessToken: 'a' };
const due = { code: 'second_factor_required', methods: ['totp', 'recovery_code'], expiresAt: '2026-11-27T12:05:00Z' };
const refusal = (status: number, body: object) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json' } });

function client(transport: 'cookie' | 'bearer', answers: Response[]) {
  const sent: unknown[] = [];
  const fetch = async (input: unknown, init: RequestInit = {}) => {
    sent.push([new URL(String(input)).pathname, JSON.parse(init.body as string), init.credentials]);
    return answers.shift() ?? Response.error();
  };
  const storage = memoryStorage();
  const auth =
    transport === 'cookie'
      ? createClient({ issuer, transport, fetch })
      : createClient({ issuer, transport, fetch, storage });
  const events: string[] = [];
  auth.subscribe(({ type }) => events.push(type));
  return { auth, sent, events, storage };
}

describe('a sign-in with a second factor', () => {
  it('over bearer hands out the ticket, signs nobody in before the second step, and stores the tokens after it', async () => {
    const answers = [refusal(401, { ...due, ticket: 'wft_x' }), Response.json({ ...tokens, refreshToken: 'r' })];
    const { auth, sent, events, storage } = client('bearer', answers);
    const refused = await auth.signIn(person).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ ...due, ticket: 'wft_x', status: 401 });
    expect([auth.user, storage.load()]).toEqual([null, undefined]);
    const { ticket } = refused as Refused;
    expect(await auth.continue(ticket, { totp: '123456' })).toEqual(user);
    expect(sent.at(-1)).toEqual(['/auth/factor', { ticket: 'wft_x', totp: '123456' }, 'omit']);
    expect(await storage.load()).toMatchObject({ tokens: { refreshToken: 'r' } });
    expect(events).toEqual(['signed-in']);
    auth.close();
  });

  it('over cookies sends no ticket: the browser holds it', async () => {
    const { auth, sent } = client('cookie', [refusal(401, due), Response.json(tokens)]);
    await expect(auth.signIn(person)).rejects.toMatchObject(due);
    await auth.continue(undefined, { recoveryCode: 'ABCD' });
    expect(sent.at(-1)).toEqual(['/auth/factor', { recoveryCode: 'ABCD' }, 'include']);
    expect(auth.user).toEqual(user);
    auth.close();
  });

  it('that is refused changes nothing, and can be tried again', async () => {
    const wrong = () => refusal(401, { code: 'invalid_credentials' });
    const { auth, events } = client('cookie', [wrong(), Response.json(tokens)]);
    await expect(auth.continue(undefined, { totp: '000000' })).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect([auth.user, events]).toEqual([null, []]);
    expect(await auth.continue(undefined, { totp: '111111' })).toEqual(user);
    auth.close();
  });
});

describe('a sign-in by passkey', () => {
  const credential = { id: 'AQ', response: {} };

  it.each(['cookie', 'bearer'] as const)('over %s goes to the route of its own', async (transport) => {
    const { auth, sent } = client(transport, [Response.json({ ...tokens, refreshToken: 'r' })]);
    expect(await auth.signIn({ credential, remember: true })).toEqual(user);
    const body = { credential, remember: true, ...(transport === 'bearer' ? { transport } : {}) };
    expect(sent).toEqual([['/auth/login/passkey', body, transport === 'bearer' ? 'omit' : 'include']]);
    auth.close();
  });

  it('is not offered where there is no browser that knows passkeys', async () => {
    expect([knowsPasskeys(), await canSuggestPasskeys()]).toEqual([false, false]);
    await expect(askForPasskey({ challenge: 'AQ' })).rejects.toMatchObject({ name: 'NotSupportedError' });
  });
});

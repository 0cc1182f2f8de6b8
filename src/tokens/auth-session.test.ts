import { randomBytes, randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { formatAuthSession, parseAuthSession } from './auth-session.js';

const key = randomBytes(32);
const session = { userId: randomUUID(), sessionId: randomUUID() };

it('a session cookie names a user and a session in 64 characters', () => {
  const text = formatAuthSession(session, key);
  expect(text).toMatch(/^[\w-]{64}$/);
  expect(parseAuthSession(text, key)).toEqual(session);
});

it('a session cookie is refused under another key, with any changed byte, and in any other spelling', () => {
  const text = formatAuthSession(session, key);
  expect(parseAuthSession(text, randomBytes(32))).toBeUndefined();
  const bytes = Buffer.from(text, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes);
    other.writeUInt8(other.readUInt8(at) ^ 1, at);
    expect(parseAuthSession(other.toString('base64url'), key)).toBeUndefined();
  }
  for (const spelling of ['', 'x', `${text}=`, ` ${text}`, text.slice(0, -1)])
    expect(parseAuthSession(spelling, key)).toBeUndefined();
});

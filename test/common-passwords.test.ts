// The list of common passwords: all of it is refused, and next to nothing else.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listed, recordsOf } from '../scripts/common-passwords.js';
import { objectionTo } from '../src/credentials/password/password-rules.js';
import { bearer, call, mobile, somebody } from './support/client.js';
import { randomOf, SEED } from './support/seed.js';
import { startServiceForTest } from './support/service.js';

const all = listed();
const email = 'somebody@example.com';
const refusedOf = (passwords: readonly string[], minLength = 15) =>
  passwords.filter(
    (password) => objectionTo(password, { minLength, email, serviceWords: ['watchword'] }) !== undefined,
  );

/** A stream of its own for each use; the seed is printed with what is found. */
function drawing(name: string) {
  const random = randomOf(name);
  return <T>(from: ArrayLike<T>, count: number): T[] =>
    Array.from({ length: count }, () => from[Math.floor(random() * from.length)]).filter((one) => one !== undefined);
}

describe('the list of common passwords', () => {
  it('is what its script makes of the package, every entry of 8 characters and more', () => {
    expect(all.length).toBe(488_130);
    expect(readFileSync('src/credentials/password/common-passwords.bin').equals(recordsOf(all))).toBe(true);
  });

  it('is refused as a whole (ASVS 6.2.4, NIST SP 800-63B-4 §3.1.1.2)', () => {
    expect(refusedOf(all, 8).length).toBe(all.length);
  });

  it('is refused at registration and at a change, with a reason in words', async () => {
    const service = await startServiceForTest({ PASSWORD_MIN_LENGTH: '8' });
    const { accessToken, person } = await mobile(service.url);
    for (const password of drawing('listed')(all, 200)) {
      const registered = await call(service.url, 'POST', '/auth/register', { body: { ...somebody(), password } });
      const body = { currentPassword: person.password, newPassword: password };
      const changed = await call(service.url, 'POST', '/auth/password', { body, headers: bearer(accessToken) });
      for (const [answer, path] of [
        [registered, 'password'],
        [changed, 'newPassword'],
      ] as const) {
        expect([answer.status, answer.json['code'], password, SEED].slice(0, 2)).toEqual([422, 'password_rejected']);
        expect(answer.json['errors']).toEqual([{ path, message: expect.stringMatching(/^The password .*\.$/) }]);
      }
    }
  });
});

/**
 * Hashes of 40 bits take one text in 2.3 million for an entry (docs/passwords.md): each test here meets one in some
 * hundred runs, and more than two in about a million.
 */
const MAX_COLLISIONS = 2;

const expectNextToNone = (refused: readonly string[]) =>
  expect(refused.length, `SEED=${SEED}: ${refused.join()}`).toBeLessThanOrEqual(MAX_COLLISIONS);

describe('what is not on the list', () => {
  it('ten thousand random passwords of 16 characters may be used', () => {
    const draw = drawing('random passwords');
    const printable = Array.from({ length: 94 }, (_, at) => String.fromCharCode(33 + at));
    const alphanumeric = printable.filter((character) => /[a-z0-9]/i.test(character));
    for (const alphabet of [printable, alphanumeric]) {
      const passwords = Array.from({ length: 10_000 }, () => draw(alphabet, 16).join(''));
      expectNextToNone(refusedOf(passwords));
    }
  });

  it('a corpus of long passphrases may be used: the sentences of our own pages, and words drawn from them', () => {
    const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'));
    const prose = pages.map((file) => readFileSync(`docs/${file}`, 'utf8').replaceAll(/\s+/g, ' ')).join(' ');
    const sentences = prose.split(/(?<=[.:;!?|]) /).filter((one) => /^(?=.*[a-z]).{20,128}$/i.test(one));
    const words = [...new Set(prose.toLowerCase().match(/\b[a-z]{3,9}\b/g))];
    expect([sentences.length > 1_000, words.length > 1_000]).toEqual([true, true]);
    const draw = drawing('passphrases');
    const passphrases = Array.from({ length: 10_000 }, (_, at) =>
      draw(words, 4 + (at % 4)).join([' ', '-', ''][at % 3]),
    );
    expectNextToNone(refusedOf([...sentences, ...passphrases.filter((one) => one.length >= 15)]));
  });
});

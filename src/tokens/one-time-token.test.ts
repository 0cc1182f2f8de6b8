import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { tokenPurposes } from '../database/schema/vocabularies.js';
import { formatOneTimeToken, hashOfOneTimeToken, parseOneTimeToken } from './one-time-token.js';

const vector = z.object({
  purpose: z.enum(tokenPurposes),
  userId: z.string(),
  secret: z.string().transform((hex) => Buffer.from(hex, 'hex')),
  token: z.string(),
  hash: z.string(),
});
const { vectors } = z
  .object({ vectors: z.array(vector) })
  .parse(JSON.parse(readFileSync(new URL('./one-time-token.vectors.json', import.meta.url), 'utf8')));

const userId = '01890a5d-ac96-774b-bcce-b302099a8057';
const any = () => formatOneTimeToken({ purpose: 'reset', userId, secret: randomBytes(32) });

describe('a one-time token', () => {
  it('follows the published test vectors, of which each purpose has one', () => {
    expect(vectors.map(({ purpose }) => purpose)).toEqual([...tokenPurposes]);
    for (const { token, hash, ...parts } of vectors) {
      expect(formatOneTimeToken(parts)).toBe(token);
      expect(hashOfOneTimeToken(parts).toString('hex')).toBe(hash);
      const { purpose, userId: user } = parts;
      expect(parseOneTimeToken(token)).toEqual({ purpose, userId: user, hash: Buffer.from(hash, 'hex') });
    }
  });

  it('has 75 characters and a prefix that scanners can find', () => {
    expect(any()).toMatch(/^wot_[A-Za-z0-9_-]{71}$/);
  });

  it('is refused with any single bit of its bytes flipped', () => {
    const bytes = Buffer.from(any().slice(4), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = Buffer.from(bytes);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(parseOneTimeToken(`wot_${other.toString('base64url')}`)).toBeUndefined();
    }
  });

  it('is refused when any single character differs, the unused bits of the last one included', () => {
    const text = any();
    const last = (text.at(-1) ?? '').codePointAt(0) ?? 0;
    for (const other of [last + 1, last - 1])
      expect(parseOneTimeToken(text.slice(0, -1) + String.fromCodePoint(other))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
        fc.pre(text[at] !== other);
        expect(parseOneTimeToken(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it('is refused in any other spelling: truncated, padded, in another alphabet or case', () => {
    // Every byte of the secret is 0xff, and so the text has characters that the two alphabets of base64 spell differently.
    const text = formatOneTimeToken({ purpose: 'verify', userId, secret: Buffer.alloc(32, 0xff) });
    const encoded = text.slice(4);
    const hex = Buffer.from(encoded, 'base64url').toString('hex');
    const others = [
      ...Array.from({ length: text.length }, (_, length) => text.slice(0, length)),
      ...[`${text}=`, `${text}A`, ` ${text}`, `${text} `, `${text}\n`, `${text}\0`, `wot_${encoded.slice(0, -1)}=`],
      ...[text.replaceAll('_', '/').replaceAll('-', '+'), `wot_${encoded.replaceAll('_', '/')}`, `wot_${hex}`],
      ...[
        text.toUpperCase(),
        text.toLowerCase(),
        `WOT_${encoded}`,
        `wrt_${encoded}`,
        encoded,
        encodeURIComponent(`${text}%`),
      ],
    ];
    expect(encoded).toContain('_');
    for (const other of others) expect([other, parseOneTimeToken(other)]).toEqual([other, undefined]);
    expect(parseOneTimeToken(text)).toBeDefined();
  });

  it('is refused for any other text', () => {
    fc.assert(fc.property(fc.string(), (text) => parseOneTimeToken(text) === undefined));
  });

  it('of one purpose is another token than that of any other, with the same secret', () => {
    const secret = randomBytes(32);
    const hashes = tokenPurposes.map((purpose) => hashOfOneTimeToken({ purpose, userId, secret }).toString('hex'));
    expect(new Set(hashes).size).toBe(tokenPurposes.length);
  });
});

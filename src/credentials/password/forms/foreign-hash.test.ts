import { createCipheriv, createHash, scryptSync } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { hash as bcryptOf, hashSync } from '@node-rs/bcrypt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foreignHashes } from '../../../../test/support/foreign-hashes.js';
import { type ForeignHash, readForeignHash } from './foreign-hash.js';
import { decoyLike, PARAMETERS, readStored } from './stored-hash.js';
import { storedWrapped } from './wrapped-form.js';

const cheap = { memoryCost: 64, timeCost: 1, parallelism: 1 };

/** As an import stores it; undefined if it is refused. */
async function storedOf(foreign: ForeignHash): Promise<string | undefined> {
  if ('refused' in foreign) return undefined;
  return 'stored' in foreign ? foreign.stored : storedWrapped(foreign.digest, await hash(foreign.digest.hex, cheap));
}

async function matches(stored: string | undefined, password: string): Promise<boolean> {
  const read = readStored(stored ?? '');
  return typeof read !== 'string' && read.verify(password);
}

/** As the published ones of these forms, at a cost that many tries can pay. */
function cheapFirebase(password: string): string {
  const [salt, separator, signerKey] = [Buffer.alloc(10, 1), Buffer.of(7), Buffer.alloc(64, 2)];
  const key = scryptSync(password, Buffer.concat([salt, separator]), 32, { N: 16, r: 1, p: 1 });
  const encrypted = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey);
  const [ss, sk, hashed] = [separator, signerKey, encrypted].map((bytes) => bytes.toString('base64'));
  return `$fbscrypt$v=1,n=4,r=1,p=1,ss=${ss},sk=${sk}$${salt.toString('base64')}$${hashed}`;
}
const sha256 = (password: string) => createHash('sha256').update(password).digest('hex');
const password = 'a passphrase';
const cheapOnes = [
  ...foreignHashes.filter(({ isCheap }) => isCheap),
  { from: 'Firebase’s form', text: cheapFirebase(password), password },
  { from: 'Django’s bcrypt_sha256', text: `bcrypt_sha256$${hashSync(sha256(password), 4)}`, password },
];

/** With one label of bcrypt: 2a, 2b and 2y mean the same. */
const labelled = (text: string) => text.replace(/2[aby]\$/, '2a$');

describe('the hash of another system', () => {
  it.each(foreignHashes)('is verified: $from', async ({ text, password, family }) => {
    const foreign = readForeignHash(text);
    const stored = await storedOf(foreign);
    expect(readStored(stored ?? '')).toMatchObject({ family });
    expect(await matches(stored, password)).toBe(true);
    expect(await matches(stored, `${password.slice(0, -40)}x`)).toBe(false);
    expect(new RegExp(PARAMETERS).test(stored ?? '')).toBe(true);
    // An export of ours can be imported again.
    expect(readForeignHash(stored ?? '')).toEqual({ family, stored });
  });

  it('is never stored as a fast digest, and the digest is not found in what is stored', async () => {
    for (const { text } of foreignHashes.filter(
      (each) => each.family === 'wrapped' && !each.text.startsWith('bcrypt'),
    )) {
      const foreign = readForeignHash(text);
      const hex = 'digest' in foreign ? foreign.digest.hex : '';
      expect(hex).toMatch(/^[0-9a-f]{32,}$/);
      const stored = (await storedOf(foreign)) ?? '';
      for (const encoding of ['hex', 'base64', 'base64url'] as const)
        expect(stored).not.toContain(Buffer.from(hex, 'hex').toString(encoding).replace(/=+$/, ''));
    }
  });

  it.each([
    ['bcrypt of cost 15', '$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['bcrypt of cost 15 over SHA-256', 'bcrypt_sha256$$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['scrypt of 128 MiB', '$scrypt$ln=17,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'],
    ['scrypt of 64 MiB, five times', '$scrypt$ln=16,r=8,p=5$U29kaXVt$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'],
    [
      'RFC 7914 §12: scrypt of 1 GiB',
      '$scrypt$ln=20,r=8,p=1$U29kaXVtQ2hsb3JpZGU$IQHLnkRQqeGuB9yK45Gv+kX3xhYKv+TW0oEd8R2k6aQ',
    ],
    [
      'Firebase’s scrypt of 128 MiB',
      (foreignHashes.find(({ family }) => family === 'firebase')?.text ?? '').replace('n=14', 'n=17'),
    ],
    ['PBKDF2 of 2,000,001 rounds', 'pbkdf2_sha256$2000001$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY='],
    ['PBKDF2 of 1,000,001 rounds, two blocks', `$pbkdf2-sha256$i=1000001,l=64$TmFDbA$${'A'.repeat(86)}`],
    ['argon2 of 257 MiB', '$argon2id$v=19$m=263168,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    [
      'argon2 of 256 MiB, five times',
      '$argon2id$v=19$m=262144,t=5,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    ['argon2 of 65 passes', '$argon2id$v=19$m=8,t=65,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    [
      'argon2 of 257 MiB over a digest',
      '$sha1+argon2id$v=19$m=263168,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$$',
    ],
    ['argon2 of 17 lanes', '$argon2id$v=19$m=1024,t=1,p=17$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  ])('that costs too much is refused: %s', (_, text) => {
    expect(readForeignHash(text)).toEqual({ refused: 'hash_too_costly' });
  });

  it.each([
    ['the largest bcrypt', '$2b$14$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['the largest scrypt', '$scrypt$ln=16,r=8,p=4$U29kaXVt$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'],
    ['the largest PBKDF2', 'pbkdf2_sha256$2000000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY='],
    ['the largest argon2', '$argon2id$v=19$m=262144,t=4,p=16$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
  ])('is accepted at the bound: %s', (_, text) => {
    expect(readForeignHash(text)).toHaveProperty('stored');
  });

  it.each([
    '$scrypt$ln=10,r=1$wvif8/4fg1Cq9V7L2dv73w$bJcLia1lyfQ1X2x0xflehwVXPzWIUQWWdnlGwfVzBeQ',
    '$scrypt$ln=0,r=1,p=1$wvif8/4fg1Cq9V7L2dv73w$bJcLia1lyfQ1X2x0xflehwVXPzWIUQWWdnlGwfVzBeQ',
    '$scrypt$ln=10,r=A,p=1$wvif8/4fg1Cq9V7L2dv73w$bJcLia1lyfQ1X2x0xflehwVXPzWIUQWWdnlGwfVzBeQ',
    '$scrypt$ln=10,r=134217728,p=8$wvif8/4fg1Cq9V7L2dv73w$bJcLia1lyfQ1X2x0xflehwVXPzWIUQWWdnlGwfVzBeQ',
    'scrypt$16383$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
    '$scrypt$ln=8,r=2,p=1$dO6d0xoDoLT2PofQGoNQag$g/Wf2A0vhHhaJM+addK61QPBthSmYB6uVTtQ',
    'scrypt:32768:8:1$salt$abc',
    '$pbkdf2$1212$THDqatpidANpadlLeTeOEg$HV3oi1k5C5LQCgG1BMOL.BX4YZc$',
    '$pbkdf2-sha256$0$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
    'pbkdf2_sha256$10000$seasalt$CWWFdHOWwPnki7HvkcqN9iA2T3KLW1cf2uZ5kvArtVY',
    '{SSHA}P90+qijSp8MJ1tN25j5o1PflUvlqjXHOGeOck',
    '{SSHA}P90+qijSp8MJ1tN25j5o1PflUvlqjXHOGeOckw=',
    '{SSHA}at+xg6SiyUovktq1redipHiJpaE=',
    '{SHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr',
    '{SMD5}LnuZPJhiaY95/4lmVFpg548xBsD4P4c',
    'sha1$seasalt$3f86d0d3d465b7b458c231bf3555c0e3',
    'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4A=',
    'AQAAAAMAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw',
    '$argon2id$v=18$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=7,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2id$v=19$m=65536,t=2,p=1,keyid=a$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2b$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2y$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe',
    '{"secretData":"{}","credentialData":"{\\"hashIterations\\":1,\\"algorithm\\":\\"pbkdf2\\"}"}',
    '{"secretData":"[","credentialData":1}',
    '{"value":',
    `$2b$10$${'x'.repeat(5_000)}`,
  ])('that is malformed is refused: %s', (text) => {
    expect(readForeignHash(text)).toEqual({ refused: 'hash_malformed' });
  });

  it.each(['', 'secret', '!unusable', '$1$salt$qJH7.N4xYta3aEG/dfqo/0', '$P$B12345678', '$2x$05$x', '$6$salt$x', '*'])(
    'of an unknown kind is refused: %j',
    (text) => {
      expect(readForeignHash(text)).toEqual({ refused: 'hash_unknown' });
    },
  );

  it.each(cheapOnes)('is never right when it was cut off or changed: $from', async ({ text, password }) => {
    // Capital letters of hexadecimal digits, spare bits and the label of bcrypt mean the same hash.
    const meaning = (foreign: ForeignHash) => labelled(JSON.stringify(foreign));
    const original = meaning(readForeignHash(text));
    const cut = fc.nat(text.length - 1).map((length) => text.slice(0, length));
    const changed = fc
      .tuple(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, flip]) => text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1));
    const others = fc.oneof(cut, changed).filter((broken) => meaning(readForeignHash(broken)) !== original);
    await fc.assert(
      fc.asyncProperty(others, async (broken) => {
        expect(await matches(await storedOf(readForeignHash(broken)), password)).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  it.each(cheapOnes)(
    'is never right when the stored form was cut off or changed: $from',
    async ({ text, password }) => {
      const stored = (await storedOf(readForeignHash(text))) ?? '';
      const cut = fc.nat(stored.length - 1).map((length) => stored.slice(0, length));
      const changed = fc
        .tuple(fc.nat(stored.length - 1), fc.integer({ min: 1, max: 127 }))
        .map(
          ([at, flip]) =>
            stored.slice(0, at) + String.fromCharCode(stored.charCodeAt(at) ^ flip) + stored.slice(at + 1),
        )
        .filter((broken) => labelled(broken) !== labelled(stored));
      await fc.assert(
        fc.asyncProperty(fc.oneof(cut, changed), async (broken) => {
          expect(await matches(broken, password)).toBe(false);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('may be any text: nothing throws', () => {
    const starts = fc.constantFrom('', '{"', '{SSHA}', '$scrypt$', 'AQAAAA', '$2b$', 'pbkdf2_sha256$', '$argon2id$');
    fc.assert(
      fc.property(starts, fc.string({ unit: 'binary' }), (start, rest) => {
        expect(Object.keys(readForeignHash(start + rest)).length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('bcrypt', () => {
  it('reads 72 bytes, as the system did that made the hash', async () => {
    const stored = await bcryptOf('é'.repeat(36), 4);
    expect(await matches(stored, `${'é'.repeat(36)} and more`)).toBe(true);
    expect(await matches(stored, 'é'.repeat(35))).toBe(false);
  });

  it('never matches a password with a zero byte: it would be another spelling of a shorter one', async () => {
    const stored = await bcryptOf('abc', 4);
    expect(await matches(stored, 'abc')).toBe(true);
    for (const other of ['abc\0', 'abc\0abc', 'abc\0abc\0abc']) expect(await matches(stored, other)).toBe(false);
  });

  it('accepts hashes of old libraries that set the spare bits', async () => {
    const foreign = readForeignHash('$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeX');
    expect(foreign).toMatchObject({ stored: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' });
  });
});

describe('a decoy', () => {
  it.each(foreignHashes)('has the parameters of the hash, and matches nothing: $from', async ({ text, password }) => {
    const stored = (await storedOf(readForeignHash(text))) ?? '';
    const decoy = decoyLike(stored);
    const parametersOf = (each: string | undefined) => new RegExp(PARAMETERS).exec(each ?? '')?.[0];
    expect(parametersOf(decoy)).toBe(parametersOf(stored));
    expect(decoy?.length).toBeGreaterThan(20);
    expect(await matches(decoy, password)).toBe(false);
    expect(decoyLike(parametersOf(stored) ?? '')).toBeDefined();
    expect(decoyLike(stored.slice(0, -1))).toBeDefined();
  });

  it('is not made where nothing says what the hash costs, or where it costs too much', () => {
    for (const text of ['', 'x', '$argon2id$broken', '$2b$15$', '$scrypt$ln=17,r=8,p=1,l=32$'])
      expect(decoyLike(text)).toBeUndefined();
  });
});

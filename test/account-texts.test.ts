// The texts of the account pages: the same in each language, all used, and none of them in the code.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { objectionTo } from '../src/credentials/password/password-rules.js';
import { refusalCodes } from '../src/errors.js';
import { languages } from '../src/config/languages.js';
import { reasonKey } from '../web/src/components/reasons.js';

type Texts = Readonly<Record<string, string>>;

const read = (file: string) => readFileSync(file, 'utf8');
/** Those for everybody, and those for administrators, which are a file of their own. */
const textsIn = (language: string) =>
  ['', 'admin/'].reduce<Texts>(
    (texts, part) => ({ ...texts, ...(JSON.parse(read(`web/texts/${part}${language}.json`)) as Texts) }),
    {},
  );
const english = textsIn('en');
const sources = readdirSync('web/src', { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => ({ file, text: read(`web/src/${file}`) }));

const namesIn = (text: string | undefined) => [...(text ?? '').matchAll(/\{\w+\}/g)].map(([name]) => name).toSorted();

/** Keys in the code, as patterns: `mailed.${purpose}.title` is any purpose's title. */
const used = sources
  .flatMap(({ text }) => [...text.matchAll(/'([\w.-]+)'|`([\w.-]*(?:\$\{[^}]+\}[\w.-]*)+)`/g)])
  .map(([, plain, pieced]) => plain ?? pieced ?? '')
  .map((key) => new RegExp(`^${key.replaceAll('.', '\\.').replaceAll(/\$\{[^}]+\}/g, '[\\w-]+')}$`));

describe('the texts of the account pages', () => {
  it.each(languages)(
    'in the language %s say all that the English ones say, with the same names to fill',
    (language) => {
      const texts = textsIn(language);
      expect(Object.keys(texts)).toEqual(Object.keys(english));
      for (const [key, text] of Object.entries(texts)) {
        expect.soft([key, namesIn(text)]).toEqual([key, namesIn(english[key])]);
        expect.soft(text.trim(), key).not.toBe('');
      }
    },
  );

  it('exist once for each language that the service speaks', () => {
    const files = languages.map((each) => `${each}.json`).toSorted();
    expect(readdirSync('web/texts').toSorted()).toEqual(['admin', ...files]);
    expect(readdirSync('web/texts/admin').toSorted()).toEqual(files);
  });

  it('are all used', () => {
    const unused = Object.keys(english).filter((key) => !used.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });

  it('are not written into the code', () => {
    const written = sources
      .filter(({ file }) => file.endsWith('.tsx'))
      .flatMap(({ file, text }) => [
        ...[...text.matchAll(/^\s*([A-Z][a-z]+(?: [a-z]+)*[.!?]?)$/gm)].map(([, words]) => `${file}: ${words}`),
        ...[...text.matchAll(/(?:<\w[^<>]*[^=]>|<>)\s*([A-Za-z][\w ,.!?]+)</g)].map(([, words]) => `${file}: ${words}`),
        ...[...text.matchAll(/\b(?:aria-label|title|alt|placeholder|label|hint|intro|submit)="([^"]+)"/g)].map(
          ([, words]) => `${file}: ${words}`,
        ),
      ]);
    expect(written).toEqual([]);
  });

  /** Of the routes for services, and what no person can mend: the pages never cause them. */
  const never = new Set<string>([
    ...['invalid_client', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope', 'invalid_target'],
    ...['insufficient_scope', 'user_token_required', 'ambiguous_token', 'transport_mismatch'],
    ...['body_too_large', 'unsupported_media_type', 'foreign_session_invalid'],
    // The pages sign in over cookies.
    ...['dpop_proof_invalid', 'dpop_proof_required', 'dpop_nonce_required'],
    ...['dpop_scheme_mismatch', 'dpop_access_proof_invalid'],
  ]);

  it.each(refusalCodes.filter((code) => !never.has(code)))('say what to do after the refusal %s', (code) => {
    expect(Object.keys(english)).toContain(`errors.${code}`);
  });

  it('give each reason against a password in the language of the reader', () => {
    const circumstances = { minLength: 8, email: 'ada.lovelace@example.com', serviceWords: ['watchword'] };
    const refused = ['short', 'x'.repeat(129), 'password1', 'abcdefghijkl1', 'ada.lovelace1'];
    const reasons = refused.map((password) => objectionTo(password, circumstances) ?? 'none');
    reasons.push('The password is known from a breach at another service. Choose another.');
    expect(new Set(reasons).size).toBe(6);
    const keys = reasons.map((reason) => reasonKey(reason).key);
    expect(keys).toEqual(['short', 'long', 'common', 'runs', 'named', 'breach'].map((each) => `reasons.${each}`));
    expect(reasonKey(reasons[0])).toEqual({ key: 'reasons.short', count: '8' });
    expect(reasonKey(undefined)).toEqual({ key: 'reasons.other', count: '' });
  });
});

import { expect, it } from 'vitest';
import { languageOf } from './language.js';

const of = (header: string | undefined, otherwise: 'en' | 'de' = 'en') =>
  languageOf({ headers: { 'accept-language': header } }, otherwise);

it.each([
  ['de', 'de'],
  ['de-AT,de;q=0.9,en;q=0.8', 'de'],
  ['en-US,en;q=0.9,de;q=0.8', 'en'],
  ['fr-FR,fr;q=0.9,de;q=0.5,en;q=0.3', 'de'],
  ['DE', 'de'],
  ['en;q=0, de;q=0.1', 'de'],
])('a browser that asks for %s reads %s', (header, language) => {
  expect(of(header)).toBe(language);
});

it.each([undefined, '', '*', 'fr', 'fr, *;q=0.1', 'den', 'd', ';;;,,,=', 'constructor', 'de;q=x'.repeat(2_000)])(
  'a browser that names none of our languages (%.30s) reads that of the setting',
  (header) => {
    expect([of(header, 'en'), of(header, 'de')]).toEqual(['en', 'de']);
  },
);

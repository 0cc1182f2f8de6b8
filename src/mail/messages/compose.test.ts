import { describe, expect, it } from 'vitest';
import { languages } from '../../config/languages.js';
import { compose } from './compose.js';
import { english } from './english.js';
import { namesIn } from './fill.js';
import { german } from './german.js';
import { commonParts, hasLink, messageKinds, placeholdersIn, placeholdersInCommon } from './message-kinds.js';

const brand = {
  name: 'Example',
  logoUrl: undefined,
  support: 'help@example.com',
  accent: { light: '#1d4ed8', dark: '#8ab4f8' },
  texts: { en: english, de: german },
};
const link = { url: 'https://auth.example.com/account/reset#token=wot_abc', lifeSeconds: 1_800 };
const data = {
  ...{ at: '2026-11-27T05:17:00Z', role: 'admin', ip: '203.0.113.7', browser: 'Firefox', system: 'Linux' },
  ...{ factor: 'totp', left: '2', provider: 'Authentik' },
};
const all = messageKinds.flatMap((kind) => languages.map((language) => ({ kind, language })));
const of = (kind: (typeof messageKinds)[number], more: Partial<Parameters<typeof compose>[1]> = {}) =>
  compose(kind, { language: 'en', brand, data, ...(hasLink(kind) ? { link } : {}), ...more });

describe.each(all)('the mail $kind in $language', ({ kind, language }) => {
  const { subject, text, html } = of(kind, { language });

  it('says what it is about, why it came and what to do if it was not the reader', () => {
    const { heading, reason, ifNotYou } = brand.texts[language][kind];
    for (const part of [heading, reason, ifNotYou]) {
      const begin = part.split('{')[0] ?? '';
      expect(text).toContain(begin);
      expect(html).toContain(begin.replaceAll('E-Mail', 'E\u2011Mail'));
    }
    expect(subject).toContain('Example');
    expect(text).toContain('help@example.com');
  });

  it('leaves no name in braces', () => {
    expect([subject, text, html.replaceAll(/<style>.*<\/style>/gs, '')].flatMap(namesIn)).toEqual([]);
    expect(text).not.toMatch(/undefined|null|NaN|\[object/);
  });

  it('carries its link, in full, only if its kind has one', () => {
    expect(text.includes(link.url)).toBe(hasLink(kind));
    expect(html.split(link.url).length - 1).toBe(hasLink(kind) ? 3 : 0);
  });

  it('loads nothing and runs nothing', () => {
    expect(html).not.toMatch(/<(script|img|link|iframe|object|form)|url\(|@import|\son\w+=/i);
  });

  it('names only values that exist', () => {
    for (const part of Object.values(brand.texts[language][kind]))
      for (const name of namesIn(part)) expect(placeholdersIn(kind)).toContain(name);
  });
});

it.each(languages)('the shared texts in %s name only values that exist', (language) => {
  for (const part of commonParts)
    for (const name of namesIn(brand.texts[language].common[part])) expect(placeholdersInCommon(part)).toContain(name);
});

it('both languages have a button exactly where there is a link', () => {
  for (const { kind, language } of all) expect('button' in brand.texts[language][kind]).toBe(hasLink(kind));
});

it('a value is text wherever it goes: no markup, no placeholder, no new line', () => {
  const evil = '<img src=x onerror=alert(1)>"\'&{name}{{7*7}}\r\nBcc: all@example.com\u202e';
  const { subject, text, html } = of('new_device', {
    brand: { ...brand, name: evil },
    data: { at: evil, ip: evil, browser: evil, system: evil },
  });
  expect(subject).not.toMatch(/[\r\n\u202e]/);
  expect(text).not.toMatch(/^Bcc/m);
  expect(text).toContain('{name}{{7*7}}');
  expect(html).not.toContain('<img');
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;{name}{{7*7}} Bcc');
});

it('a link with quotes stays inside its attribute', () => {
  const { html } = of('reset', { link: { url: 'https://example.com/"><script>', lifeSeconds: 60 } });
  expect(html).not.toContain('<script');
});

it('data that no text names does not reach a mail', () => {
  const { subject, text, html } = of('reset', { data: { ...data, name: 'Mallory', secret: 'xyzzy' } });
  expect([subject, text, html].join('\n')).not.toMatch(/Mallory|xyzzy/);
});

it('missing and unreadable values are words, not a lost mail', () => {
  expect(of('new_device', { data: {} }).text).toContain('unknown device, address unknown, unknown.');
  expect(of('new_device', { language: 'de', data: { at: 7, ip: null, browser: {} } }).text).toContain(
    'unbekanntes Gerät, Adresse unbekannt, unbekannt.',
  );
  expect(of('new_device', { data: { ...data, system: undefined } }).text).toContain(': Firefox, address 203.0.113.7');
});

it('a factor is named by a word of our own, never by what its owner called it', () => {
  expect(of('factor_added').text).toContain(': an authenticator app.');
  expect(of('factor_removed', { data: { ...data, factor: 'passkey' }, language: 'de' }).text).toContain(
    'entfernt: ein Passkey (27. November',
  );
  expect(of('factor_added', { data: { ...data, factor: 'call +1 555 0100' } }).text).toContain(': unknown.');
});

it('times and durations read as in the language of the mail', () => {
  expect(of('new_device').text).toContain('Firefox on Linux, address 203.0.113.7, 27 November 2026 at 05:17 UTC.');
  expect(of('new_device', { language: 'de' }).text).toContain('Firefox unter Linux');
  expect(of('new_device', { language: 'de' }).text).toContain('27. November 2026 um 05:17 UTC');
  const lives = [600, 1_800, 3_600, 86_400, 259_200, 604_800].map(
    (lifeSeconds) =>
      /for (.*)\./.exec(of('magic', { link: { ...link, lifeSeconds } }).text.split('\n\n')[3] ?? '')?.[1],
  );
  expect(lives).toEqual(['10 minutes', '30 minutes', '60 minutes', '24 hours', '3 days', '7 days']);
  expect(of('email_changing', { language: 'de', link: { ...link, lifeSeconds: 604_800 } }).text).toContain(
    'Der Link ist 7 Tage lang gültig',
  );
});

it('without a help desk no empty line is left for it', () => {
  const { text, html } = of('reset', { brand: { ...brand, support: undefined } });
  expect(text).not.toContain('Help');
  expect(html).not.toContain('Help');
});

it('a help desk on the web is a link to it, one by mail a mailto link', () => {
  const web = of('reset', { brand: { ...brand, support: 'https://example.com/help?a&b' } }).html;
  expect(web).toContain('href="https://example.com/help?a&amp;b"');
  expect(of('reset').html).toContain('href="mailto:help@example.com"');
});

it('a logo is the only thing that a mail may load', () => {
  const { html } = of('reset', { brand: { ...brand, logoUrl: 'https://example.com/logo.png' } });
  expect(html.match(/<img [^>]*>/g)).toEqual([
    expect.stringMatching(/^<img src="https:\/\/example\.com\/logo\.png" alt="Example"/),
  ]);
});

it('the text on a button can be read on every accent', () => {
  const colours = (accent: string) =>
    /background:(#\w+);color:(#\w+)/.exec(
      of('reset', { brand: { ...brand, accent: { light: accent, dark: accent } } }).html,
    );
  expect(colours('#000080')?.[2]).toBe('#ffffff');
  expect(colours('#ffee00')?.[2]).toBe('#111111');
});

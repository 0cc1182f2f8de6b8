// Texts of mails can be replaced one by one; a mistake in them is reported and never costs a mail.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import { Config } from '../src/config/config.js';
import { compose } from '../src/mail/messages/compose.js';
import { MailBrand } from '../src/mail/messages/mail-brand.js';
import { messageKinds } from '../src/mail/messages/message-kinds.js';
import { Log } from '../src/telemetry/log.js';
import { call, register } from './support/client.js';
import { startMailServerForTest } from './support/mail-server.js';
import { startServiceForTest } from './support/service.js';
import { testSettings } from './support/settings.js';

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-texts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  return folder;
}

function brandOf(settings: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const sink = new Writable({ write: (chunk: Buffer, _, done) => done(void lines.push(chunk.toString())) });
  const config = Config.fromEnv({ ...testSettings, LOG_LEVEL: 'info', ...settings });
  const brand = new MailBrand(config, Log.to(config, sink));
  const mistakes = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return { brand, mistakes };
}

const link = { url: 'https://example.com/account/reset#token=x', lifeSeconds: 1_800 };
const textOf = (brand: MailBrand, language: 'en' | 'de' = 'en') =>
  compose('reset', { language, brand, link, data: {} });

it('a single text is replaced, all others stay', () => {
  const MAIL_TEXTS_DIR = folderWith({
    'en.json': { reset: { subject: 'A new {name} password' }, common: { footer: 'Example Ltd, 1 High Street' } },
  });
  const { brand, mistakes } = brandOf({ MAIL_TEXTS_DIR, BRAND_NAME: 'Example' });
  expect(mistakes).toEqual([]);
  const { subject, text } = textOf(brand);
  expect(subject).toBe('A new Example password');
  expect(text).toContain('Somebody, probably you, asked for a new password for your account at Example.');
  expect(text).toContain('Example Ltd, 1 High Street');
  expect(textOf(brand, 'de').subject).toBe('Neues Passwort für Example');
});

it('markup in a text of the operator is text', () => {
  const MAIL_TEXTS_DIR = folderWith({ 'en.json': { reset: { reason: '<b>New</b> {name}' } } });
  expect(textOf(brandOf({ MAIL_TEXTS_DIR }).brand).html).toContain('&lt;b&gt;New&lt;/b&gt; Watchword');
});

it('each mistake is a sentence of its own, and the built-in text stays in its place', () => {
  const folder = folderWith({
    'en.json': {
      reset: {
        subject: 'Hello {nmae}',
        heading: '',
        reason: 7,
        button: 'a\r\nBcc: b',
        ifNotYou: 'x'.repeat(1_001),
        greeting: 'Hi',
      },
      rest: { subject: 'x' },
      new_device: { button: 'x' },
      verify: 'x',
      common: { footer: '{life}' },
    },
    'de.json': '{ "reset": ',
    'fr.json': {},
    'README.txt': 'not a text',
  });
  const { brand, mistakes } = brandOf({ MAIL_TEXTS_DIR: folder });
  const file = join(folder, 'en.json');
  const begin = 'MAIL_TEXTS_DIR:';
  expect(mistakes.toSorted()).toEqual(
    [
      `${begin} ${file}: reset.subject names {nmae}, which has no value here: use {name}.`,
      `${begin} ${file}: reset.heading must be a text that is not empty.`,
      `${begin} ${file}: reset.reason must be a text that is not empty.`,
      `${begin} ${file}: reset.button must be one line without control characters.`,
      `${begin} ${file}: reset.ifNotYou must have at most 1000 characters.`,
      `${begin} ${file}: reset.greeting does not exist: use subject, heading, reason, button, ifNotYou.`,
      `${begin} ${file}: rest is not a mail: use ${messageKinds.join(', ')} or common.`,
      `${begin} ${file}: new_device.button does not exist: use subject, heading, reason, ifNotYou.`,
      `${begin} ${file}: verify must be an object such as { "subject": "…" }.`,
      `${begin} ${file}: common.footer names {life}, which has no value here: use {name}.`,
      `${begin} ${join(folder, 'de.json')} is not JSON.`,
      `${begin} ${join(folder, 'fr.json')} is not used: its name must be en.json or de.json.`,
    ].toSorted(),
  );
  expect(textOf(brand)).toEqual(textOf(brandOf({}).brand));
  expect(textOf(brand, 'de')).toEqual(textOf(brandOf({}).brand, 'de'));
});

it('names of properties that every object has replace nothing', () => {
  const MAIL_TEXTS_DIR = folderWith({
    'en.json': '{ "__proto__": { "subject": "x" }, "constructor": {}, "reset": { "__proto__": "x", "toString": "x" } }',
  });
  const { brand, mistakes } = brandOf({ MAIL_TEXTS_DIR });
  expect(mistakes).toHaveLength(4);
  expect(textOf(brand)).toEqual(textOf(brandOf({}).brand));
});

it.each([
  ['a folder that does not exist', '/nowhere/at/all', 'cannot be read (ENOENT)'],
  ['a file', 'package.json', 'cannot be read (ENOTDIR)'],
  ['a folder without texts', 'keys', 'holds neither en.json nor de.json'],
])('%s is reported, and the mails are the built-in ones', (_, MAIL_TEXTS_DIR, sentence) => {
  const { brand, mistakes } = brandOf({ MAIL_TEXTS_DIR });
  expect(mistakes).toEqual([expect.stringContaining(sentence)]);
  expect(textOf(brand)).toEqual(textOf(brandOf({}).brand));
});

it.each([
  [{ BRAND_NAME: 'x'.repeat(61) }, 'BRAND_NAME must be a name'],
  [{ BRAND_NAME: 'Example" <evil@example.com>' }, 'BRAND_NAME must be a name'],
  [{ MAIL_LOGO_URL: 'http://example.com/logo.png' }, 'MAIL_LOGO_URL must be an https URL'],
  [{ SUPPORT_CONTACT: 'the help desk' }, 'SUPPORT_CONTACT must be an email address or an https URL'],
  [{ SUPPORT_CONTACT: 'javascript:alert(1)' }, 'SUPPORT_CONTACT must be an email address or an https URL'],
  [{ BRAND_ACCENT: 'red' }, 'BRAND_ACCENT must be a colour'],
  [{ BRAND_ACCENT: '123456;x:y' }, 'BRAND_ACCENT must be a colour'],
  [{ DEFAULT_LANGUAGE: 'fr' }, 'DEFAULT_LANGUAGE'],
])('%j is refused at the start', (settings, sentence) => {
  expect(() => brandOf(settings)).toThrow(sentence);
});

it('a mail that is sent has the name, the logo, the help desk, the colour, the text and the language of the settings', async () => {
  const server = await startMailServerForTest();
  const service = await startServiceForTest({
    ...server.settings,
    BRAND_NAME: 'Example',
    MAIL_LOGO_URL: 'https://example.com/logo.png',
    SUPPORT_CONTACT: 'https://example.com/help',
    BRAND_ACCENT: '7c3aed,c4b5fd',
    DEFAULT_LANGUAGE: 'de',
    MAIL_TEXTS_DIR: folderWith({ 'de.json': { reset: { subject: 'Passwort für {name} vergessen?', reason: 7 } } }),
  });
  const { email } = await register(service.url);
  expect((await call(service.url, 'POST', '/auth/password/forgot', { body: { email } })).status).toBe(202);
  const mail = await server.mailTo(email, 'reset');
  expect(mail.subject).toBe('Passwort für Example vergessen?');
  expect(mail.text).toContain('hat für Ihr Konto bei Example ein neues Passwort angefordert');
  for (const part of ['https://example.com/logo.png', 'href="https://example.com/help"', '#7c3aed', '#c4b5fd'])
    expect(mail.html).toContain(part);
  expect(service.log.filter(({ event }) => event === 'mail.text_not_used')).toMatchObject([
    { level: 'error', msg: expect.stringContaining('de.json: reset.reason must be a text that is not empty.') },
  ]);
});

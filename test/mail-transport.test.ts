// How a mail travels: encrypted or not at all, to one plain address, with nothing of a stranger's in its headers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Config } from '../src/config/config.js';
import { failureOf } from '../src/mail/mail-failure.js';
import type { OutgoingMail } from '../src/mail/mail-transport.js';
import { SmtpMail } from '../src/mail/smtp-mail.js';
import { loopbackCertificate } from './support/certificate.js';
import { register } from './support/client.js';
import { linkIn, type MailServer, send, startMailServerForTest } from './support/mail-server.js';
import { watched } from './support/met.js';
import { startServiceForTest } from './support/service.js';
import { testSettings } from './support/settings.js';

const production = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://auth.example.com',
  DATABASE_URL: 'postgres://u:p@localhost/d',
  KEY_ENCRYPTION_KEY: testSettings.KEY_ENCRYPTION_KEY,
  MAIL_FROM: 'Example <no-reply@example.com>',
};

const mail: OutgoingMail = {
  id: '0190a000-0000-7000-8000-000000000001',
  kind: 'reset',
  address: 'ada@example.com',
  subject: 'A subject',
  text: 'A text.\n',
  html: '<p>A text.</p>',
};

function caFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-mail-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, loopbackCertificate().ca);
  return file;
}

/** Sends as production does to a server that is not on its own machine. */
async function carry(server: MailServer, settings: Record<string, string> = {}, what: Partial<OutgoingMail> = {}) {
  const config = Config.fromEnv({ ...production, SMTP_URL: server.url, ...settings });
  const given = watched(config, Object.keys(settings));
  if (!config.SMTP_URL) throw new Error('no server');
  const transport = new SmtpMail({ ...config.SMTP_URL, isLocal: false }, given);
  try {
    await transport.send({ ...mail, ...what });
    return undefined;
  } catch (error) {
    return failureOf(error);
  } finally {
    await transport.finish(Promise.resolve());
  }
}

const { cert, key } = loopbackCertificate();

describe('production', () => {
  it('sends nothing to a server that offers no encryption, or from which somebody took the offer away', async () => {
    const server = await startMailServerForTest();
    expect(await carry(server)).toEqual({ reason: expect.stringMatching(/STARTTLS|ETLS/) as string, isFinal: false });
    expect(server.mails()).toEqual([]);
    expect(server.commands()).not.toContain('mail');
  });

  it('sends nothing to a server whose certificate nobody vouches for', async () => {
    for (const options of [
      { cert, key },
      { cert, key, secure: true },
    ]) {
      const server = await startMailServerForTest({ options });
      expect(
        await carry(server, options.secure ? { SMTP_URL: server.url.replace('smtp:', 'smtps:') } : {}),
      ).toBeDefined();
      expect(server.commands()).not.toContain('mail');
    }
  });

  it('sends encrypted where SMTP_CA_FILE vouches for the server, by STARTTLS and by TLS from the first byte', async () => {
    for (const secure of [false, true]) {
      const server = await startMailServerForTest({ options: { cert, key, secure } });
      const SMTP_URL = secure ? server.url.replace('smtp:', 'smtps:') : server.url;
      expect(await carry(server, { SMTP_URL, SMTP_CA_FILE: caFile() })).toBeUndefined();
      expect(server.mails()).toMatchObject([{ isEncrypted: true, recipients: [mail.address] }]);
    }
  });

  it('sends plainly only where INSECURE_BACKENDS says so', async () => {
    const server = await startMailServerForTest();
    expect(await carry(server, { INSECURE_BACKENDS: 'smtp' })).toBeUndefined();
    expect(server.mails()).toMatchObject([{ isEncrypted: false }]);
  });

  it('proves itself with the user and the password of SMTP_URL; a wrong one is no fault of the mail', async () => {
    const server = await startMailServerForTest({
      options: {
        ...{ cert, key, authOptional: false },
        onAuth: ({ username, password }, _session, done) =>
          username === 'me@example.com' && password === 'p/w' ? done(null, { user: 'me' }) : done(new Error('no')),
      },
    });
    const url = (password: string) => server.url.replace('//', `//me%40example.com:${password}@`);
    const SMTP_CA_FILE = caFile();
    expect(await carry(server, { SMTP_CA_FILE, SMTP_URL: url('p%2Fw') })).toBeUndefined();
    const refused = await carry(server, { SMTP_CA_FILE, SMTP_URL: url('wrong') });
    expect(refused).toEqual({ reason: expect.stringMatching(/^535 .*AUTH PLAIN$/) as string, isFinal: false });
  });
});

describe('an address', () => {
  it.each([
    'ada@example.com\r\nRCPT TO:<eve@example.com>',
    'ada@example.com\nBcc: eve@example.com',
    'ada@example.com>',
    '<ada@example.com',
    '"eve@evil.example x"@example.com',
    '"ada"@example.com',
    'ada(comment)@example.com',
    'ada@example.com, eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@[127.0.0.1]',
    'ada..lovelace@example.com',
    'ada\0@example.com',
    'ada',
    '',
  ])('such as %j is refused before a server is asked', async (address) => {
    const server = await startMailServerForTest();
    expect(await carry(server, { INSECURE_BACKENDS: 'smtp' }, { address })).toEqual({
      reason: 'address_refused',
      isFinal: true,
    });
    expect(server.commands()).toEqual([]);
  });
});

it('no text of a stranger becomes a header, a recipient, a link or markup, however long it is', async () => {
  const server = await startMailServerForTest();
  const service = await startServiceForTest(server.settings);
  const hostile = [
    'x\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>',
    '{{7*7}} ${7*7} {name} {link}',
    '<img src=x onerror=alert(1)> "\'&',
    'long '.repeat(13_000),
  ];
  for (const text of hostile) {
    const { email } = await register(service.url);
    const data = { at: text, ip: text, browser: text, system: text, role: text };
    await send(service, { kind: 'new_device', address: email, data });
    await send(service, { kind: 'role_changed', address: email, data });
    for (const mailed of await server.mailsTo(email, 2)) {
      expect(mailed.recipients).toEqual([email]);
      expect([...mailed.headers.keys()].filter((name) => /bcc|^cc|reply/.test(name))).toEqual([]);
      expect(mailed.subject).not.toMatch(/49|eve@|script/);
      expect(mailed.text).not.toMatch(/\b49\b/);
      expect(mailed.html).not.toMatch(/<script|<img src=x|\b49\b/);
      expect(linkIn(mailed)).toBe('');
    }
  }
});

// Sends mail by SMTP, over connections that stay open for the next one.
import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Config } from '../config/config.js';
import type { SmtpServer } from '../config/mail-formats.js';
import { ADDRESS_REFUSED } from './mail-failure.js';
import { MailTransport, type OutgoingMail } from './mail-transport.js';

const CONNECT_MS = 5_000;
const SILENCE_MS = 15_000;
/** For all of it: a server that sends a byte now and then is not silent. Less than a claim (mail-delivery.ts). */
const MAX_MS = 40_000;
const FINISH_MS = 3_000;
/** As many as one batch of claimed rows. */
const CONNECTIONS = 10;

/**
 * One address that every server reads the same. Nothing here needs quotes: nodemailer and the servers behind it have read
 * quoted local parts differently (GHSA-mm7p-fcc7-pg87).
 */
const PLAIN = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i;

export class SmtpMail extends MailTransport {
  private readonly transporter;
  private readonly ending = new AbortController();

  constructor(
    server: SmtpServer,
    private readonly config: Config,
  ) {
    super();
    const { host, port, isSecure, isLocal, user, password } = server;
    const { SMTP_CA_FILE: ca } = config;
    const isTrusted = isLocal || config.INSECURE_BACKENDS.includes('smtp');
    this.transporter = createTransport({
      ...{ pool: true, host, port, secure: isSecure, maxConnections: CONNECTIONS, maxRequeues: 1 },
      // A server that offers no STARTTLS, or somebody between us who took the offer away, receives nothing.
      requireTLS: config.isProduction && !isTrusted,
      ...(ca === undefined ? {} : { tls: { ca: readFileSync(ca) } }),
      ...(user === undefined ? {} : { auth: { user, pass: password } }),
      ...{ connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, dnsTimeout: CONNECT_MS },
      ...{ socketTimeout: SILENCE_MS, disableFileAccess: true, disableUrlAccess: true },
    });
  }

  async send(mail: OutgoingMail): Promise<void> {
    if (!PLAIN.test(mail.address)) throw Object.assign(new Error('not a plain address'), { code: ADDRESS_REFUSED });
    const signal = AbortSignal.any([AbortSignal.timeout(MAX_MS), this.ending.signal]);
    await this.transporter.sendMail({ ...this.asMessage(mail), signal });
  }

  override async rehearse(mail: OutgoingMail): Promise<void> {
    await new MailComposer(this.asMessage(mail)).compile().build();
  }

  private asMessage({ id, kind, address, subject, text, html }: OutgoingMail) {
    const from = this.config.mailFrom;
    return {
      ...{ from, to: { name: '', address }, envelope: { from: from.address, to: [address] }, subject, text, html },
      messageId: `<${id}@${from.address.split('@')[1] ?? ''}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Watchword-Kind': kind },
    };
  }

  /** A silent server must not hold up the end of the process: what it has not taken is sent again after the next start. */
  override async finish(sends: Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.ending.abort(), FINISH_MS);
    await sends;
    clearTimeout(timer);
    this.transporter.close();
  }
}

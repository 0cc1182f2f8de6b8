// A real SMTP server in the process of the test. What arrives is parsed as mail; each command can be refused or left
// without an answer.
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';
import { Database } from '../../src/database/database.js';
import { type NewMail, Outbox } from '../../src/mail/outbox.js';
import { noteOneTimeToken } from './leaks.js';
import type { Service } from './service.js';
import { until } from './until.js';

type Stage = 'connect' | 'mail' | 'rcpt' | 'data';
/** A reply such as `550 5.1.1 <{address}>: no such user`, or no reply at all. */
type Answer = { readonly code: number; readonly text: string } | 'hang' | undefined;

interface Behaviour {
  /** A free one without it. */
  readonly port?: number;
  /** @returns undefined to accept; asked for each command, with the recipient from RCPT on */
  readonly answer?: (stage: Stage, address: string) => Answer | Promise<Answer>;
  /** Options of smtp-server, such as a certificate or `hideSTARTTLS`. */
  readonly options?: SMTPServerOptions;
}

interface ReceivedMail extends ParsedMail {
  /** To whom it was delivered: the envelope, not the header. */
  readonly recipients: readonly string[];
  readonly sender: string;
  /** As sent, before any parsing. */
  readonly raw: string;
  readonly kind: string;
  readonly isEncrypted: boolean;
}

export interface MailServer {
  readonly port: number;
  readonly url: string;
  /** For a service that sends its mail here. */
  readonly settings: Readonly<Record<'SMTP_URL' | 'MAIL_FROM' | 'MAIL_SPREAD_SECONDS', string>>;
  /** Everything so far, in the order of arrival. */
  mails(): readonly ReceivedMail[];
  /** What it was asked for, in order: `connect`, `mail`, `rcpt`, `data`. */
  commands(): readonly Stage[];
  /** The newest mail to the address, waited for. */
  mailTo(address: string, kind?: string): Promise<ReceivedMail>;
  /** Waits until so many mails have come to the address. */
  mailsTo(address: string, count: number): Promise<readonly ReceivedMail[]>;
  close(): Promise<void>;
}

export async function startMailServer({ port: wanted = 0, answer, options = {} }: Behaviour = {}): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const asked: Stage[] = [];
  const ask = async (stage: Stage, address: string, reply: (error?: Error | null) => void) => {
    asked.push(stage);
    const refusal = await answer?.(stage, address);
    if (refusal === 'hang') return;
    reply(refusal && Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
  };
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: options.key ? [] : ['STARTTLS'], logger: false, closeTimeout: 50 },
    onConnect: (_session, done) => void ask('connect', '', done),
    onMailFrom: ({ address }, _session, done) => void ask('mail', address, done),
    onRcptTo: ({ address }, _session, done) => void ask('rcpt', address, done),
    onData: (stream, session, done) => {
      const { mailFrom, rcptTo } = session.envelope;
      const recipients = rcptTo.map(({ address }) => address);
      const take = async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        const raw = Buffer.concat(chunks).toString();
        const parsed = await simpleParser(raw);
        const kind = /^x-watchword-kind: (\w+)/im.exec(raw)?.[1] ?? '';
        const sender = mailFrom ? mailFrom.address : '';
        const mail = { ...parsed, recipients, sender, raw, kind, isEncrypted: session.secure };
        noteOneTimeToken(tokenIn(mail));
        received.push(mail);
        await ask('data', recipients[0] ?? '', done);
      };
      void take();
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((ready) => server.listen(wanted, '127.0.0.1', ready));
  const { port } = server.server.address() as { port: number };
  const close = () => new Promise<void>((closed) => server.close(closed));
  const to = (address: string, kind?: string) =>
    received.filter((mail) => mail.recipients.includes(address) && (kind === undefined || mail.kind === kind));
  const url = `smtp://127.0.0.1:${port}`;
  return {
    port,
    url,
    settings: { SMTP_URL: url, MAIL_FROM: 'Watchword <no-reply@auth.test>', MAIL_SPREAD_SECONDS: '0' },
    mails: () => received,
    commands: () => asked,
    async mailTo(address, kind) {
      await until(`a mail ${kind ?? ''} has come to ${address}`, () => to(address, kind).length > 0);
      const newest = to(address, kind).at(-1);
      if (!newest) throw new Error('no mail');
      return newest;
    },
    async mailsTo(address, count) {
      await until(`${count} mails have come to ${address}`, () => to(address).length >= count);
      return to(address);
    },
    close,
  };
}

/** A mail server for one test; closed when the test ends. */
export async function startMailServerForTest(behaviour: Behaviour = {}): Promise<MailServer> {
  const server = await startMailServer(behaviour);
  onTestFinished(() => server.close());
  return server;
}

/** The whole link of a mail, from its text. */
export const linkIn = ({ text = '' }: Pick<ParsedMail, 'text'>): string =>
  /https?:\/\/\S+#token=\S+/.exec(text)?.[0] ?? '';

/** The token in the link of a mail; empty where there is none. */
export const tokenIn = (mail: Pick<ParsedMail, 'text'>): string => linkIn(mail).split('#token=')[1] ?? '';

/** Queues a mail as a route does, and lets it be sent. */
export async function send(service: Service, mail: Omit<NewMail, 'language'> & Partial<NewMail>): Promise<void> {
  const outbox = service.app.get(Outbox);
  await outbox.write(service.app.get(Database), { language: 'en', ...mail });
  outbox.wake(mail.kind);
}

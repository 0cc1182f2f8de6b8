// Production without SMTP_URL: what was queued while there was one does not leave, and dies in its time.
import { MailTransport } from './mail-transport.js';

export class NoMail extends MailTransport {
  send(): Promise<void> {
    return Promise.reject(Object.assign(new Error('SMTP_URL is not set'), { code: 'no_smtp_url' }));
  }
}

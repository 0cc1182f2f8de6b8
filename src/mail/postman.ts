// Delivers one mail: for whom it is, with which link, in which words, by which way.
import { Injectable } from '@nestjs/common';
import { Addressees } from './addressees.js';
import { MailKeys } from './mail-keys.js';
import { isMailKind, kindOf } from './mail-kinds.js';
import { type MailLink, MailLinks } from './mail-links.js';
import { MailTransport, type OutgoingMail } from './mail-transport.js';
import { compose } from './messages/compose.js';
import { MailBrand } from './messages/mail-brand.js';
import type { QueuedMail } from './queued-mail.js';

/** `not_due`: nobody has that address, or the mail has been superseded; it goes without being sent. */
export type Delivered = 'sent' | 'not_due';

@Injectable()
export class Postman {
  constructor(
    private readonly keys: MailKeys,
    private readonly addressees: Addressees,
    private readonly links: MailLinks,
    private readonly brand: MailBrand,
    private readonly transport: MailTransport,
  ) {}

  /** @throws why it did not leave */
  async deliver({ id, kind, address_sealed: sealed, data }: QueuedMail): Promise<Delivered> {
    // Of a newer release, or sealed by an instance with another key: another instance may know it.
    if (!isMailKind(kind)) throw Object.assign(new Error('not a kind of this release'), { code: 'unknown_kind' });
    const address = this.keys.open(sealed, id);
    const { language, ip, values } = data;
    const user = await this.addressees.find(kind, address, values);
    const hasLink = kindOf(kind).link !== undefined;
    const written = (link: MailLink | undefined): OutgoingMail => {
      return { id, kind, address, ...compose(kind, { language, brand: this.brand, link, data: values }) };
    };
    if (user === 'undue') {
      // Whoever names addresses and watches how busy this instance is afterwards must not see which of them are known.
      await this.transport.rehearse(written(hasLink ? await this.links.pretend(id, kind) : undefined));
      return 'not_due';
    }
    const link = hasLink && user !== 'nobody' ? await this.links.make({ id, kind, address, user, ip }) : undefined;
    if (hasLink && !link) return 'not_due';
    await this.transport.send(written(link));
    return 'sent';
  }

  async stopAfter(work: Promise<void>): Promise<void> {
    await this.transport.finish(work);
  }
}

// Makes the link of a mail. Its secret is derived, so that nothing has to be stored and a mail that is sent again carries
// the same link; the database keeps a hash.
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { formatOneTimeToken, hashOfOneTimeToken } from '../tokens/one-time-token.js';
import { OneTimeTokens } from '../tokens/one-time-tokens.js';
import type { Addressee } from './addressees.js';
import { MailKeys } from './mail-keys.js';
import { kindOf, type KindOfMail, type MailKind } from './mail-kinds.js';

export interface MailLink {
  readonly url: string;
  readonly lifeSeconds: number;
}

interface Wanted {
  readonly id: string;
  readonly kind: MailKind;
  readonly address: string;
  readonly user: Addressee;
  readonly ip: string | null;
}

@Injectable()
export class MailLinks {
  constructor(
    private readonly keys: MailKeys,
    private readonly tokens: OneTimeTokens,
    private readonly config: Config,
    private readonly database: Database,
  ) {}

  /** @returns undefined where the link would be dead: a newer mail has superseded this one, or its link was used */
  async make({ id, kind, address, user, ip }: Wanted): Promise<MailLink | undefined> {
    const { purpose, lifeSeconds, boundTo } = linkOf(kind);
    const token = await this.tokenOf(id, kind, user.id);
    const isLive = await this.tokens.request(this.database, {
      ...{ userId: user.id, purpose, request: id, hash: hashOfOneTimeToken(token), address, ip, lifeSeconds },
      boundEmail: boundTo === 'nothing' ? null : boundTo === 'address' ? address : user.email,
      sessionEpoch: boundTo === 'nothing' ? null : user.sessionEpoch,
    });
    return isLive ? this.to(kind, token) : undefined;
  }

  /** A link that opens nothing, at the cost of one that does. */
  async pretend(id: string, kind: MailKind): Promise<MailLink> {
    return this.to(kind, await this.tokenOf(id, kind, id));
  }

  private async tokenOf(id: string, kind: MailKind, userId: string) {
    const { purpose } = linkOf(kind);
    return { purpose, userId, secret: await this.keys.secretOf(id, purpose, userId) };
  }

  /** The fragment is not sent to a server, so that no access log holds it. */
  private to(kind: MailKind, token: Parameters<typeof formatOneTimeToken>[0]): MailLink {
    const { path, lifeSeconds } = linkOf(kind);
    return { url: `${this.config.linkBaseUrl}/${path}#token=${formatOneTimeToken(token)}`, lifeSeconds };
  }
}

function linkOf(kind: MailKind): NonNullable<KindOfMail['link']> {
  const { link } = kindOf(kind);
  if (!link) throw new Error(`A mail of the kind ${kind} has no link.`);
  return link;
}

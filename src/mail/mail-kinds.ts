// Every kind of mail: whose account it is about, and the link that it carries.
import type { TokenPurpose } from '../database/schema/vocabularies.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Link {
  readonly purpose: TokenPurpose;
  /** The last part of the link's path, behind LINK_BASE_URL. */
  readonly path: string;
  readonly lifeSeconds: number;
  /**
   * `address`: good while the account has the address that the mail goes to. `current`: while it has the one that it has
   * when the mail is sent. `nothing`: whatever happens to the account.
   */
  readonly boundTo: 'address' | 'current' | 'nothing';
}

export interface KindOfMail {
  /** `owner`: whoever has the address when it is sent. `named`: the user of `data.userId`. `anybody`: nobody is looked up. */
  readonly about: 'owner' | 'named' | 'anybody';
  readonly link?: Link;
  /** Whoever knows an address can ask for it: when it is sent must not tell whether the address is known. */
  readonly isAnybodysToAsk?: true;
}

const linked = (about: 'owner' | 'named', purpose: TokenPurpose, lifeSeconds: number, boundTo: Link['boundTo']) => ({
  about,
  link: { purpose, path: purpose, lifeSeconds, boundTo },
});
const asked = <T extends KindOfMail>(kind: T) => ({ ...kind, isAnybodysToAsk: true as const });
const notice: KindOfMail = { about: 'anybody' };

const mailKinds = {
  verify: asked(linked('owner', 'verify', DAY, 'address')),
  reset: asked(linked('owner', 'reset', 30 * MINUTE, 'address')),
  magic: asked(linked('owner', 'magic', 10 * MINUTE, 'address')),
  invite: linked('owner', 'invite', 72 * HOUR, 'address'),
  device: asked(linked('owner', 'device', HOUR, 'address')),
  /** To the new address, which becomes the account's. */
  email: linked('named', 'email', DAY, 'current'),
  /** To the old address: a notice, and a link that ends everything. */
  email_changing: linked('named', 'freeze', 7 * DAY, 'nothing'),
  /** Somebody tried to register with the address of an account. */
  already_registered: asked({ about: 'owner' }),
  new_device: notice,
  password_changed: notice,
  email_changed: notice,
  role_changed: notice,
  sessions_ended: notice,
  account_disabled: notice,
  account_enabled: notice,
  account_deleted: notice,
  factor_added: notice,
  factor_removed: notice,
  identity_linked: notice,
  identity_removed: notice,
  /** Somebody knows the password and not the second factor. */
  wrong_factor: notice,
  recovery_code_used: notice,
  /** Its link is good together with the password of the account, for the next enrolment of a factor. */
  factors_reset: linked('owner', 'enrol', DAY, 'address'),
} as const satisfies Record<string, KindOfMail>;

export type MailKind = keyof typeof mailKinds;

export const kindOf = (kind: MailKind): KindOfMail => mailKinds[kind];
export const isMailKind = (text: string): text is MailKind => Object.hasOwn(mailKinds, text);

/** A mail that arrives later is of no use: half of its link's life is over. */
export function sendWithinSeconds(kind: MailKind): number {
  const { link } = kindOf(kind);
  return link ? link.lifeSeconds / 2 : DAY;
}

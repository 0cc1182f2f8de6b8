// The kinds of mail, and which values their texts may name.
import type { Language } from '../../config/languages.js';

/** With a link: the reader acts by it. */
const linkKinds = [
  ...(['verify', 'reset', 'email', 'magic', 'invite', 'device', 'email_changing'] as const),
  'factors_reset',
] as const;
/** Without a link: the reader is told what happened. */
const noticeKinds = [
  'already_registered',
  'new_device',
  'password_changed',
  'email_changed',
  'role_changed',
  'sessions_ended',
  ...(['account_disabled', 'account_enabled', 'account_deleted'] as const),
  'factor_added',
  'factor_removed',
  'identity_linked',
  'identity_removed',
  'wrong_factor',
  'recovery_code_used',
] as const;
export const messageKinds = [...linkKinds, ...noticeKinds] as const;
export type MessageKind = (typeof messageKinds)[number];

/** The parts of one mail, in the order in which they are read. */
export const textParts = ['subject', 'heading', 'reason', 'button', 'ifNotYou'] as const;
type TextPart = (typeof textParts)[number];
/** `button` only where there is a link. */
type Text = Readonly<Record<Exclude<TextPart, 'button'>, string> & { button?: string }>;

/** What all mails share. `device` and the words after it are how `{device}`, `{ip}` and `{factor}` are written. */
export const commonParts = [
  ...(['life', 'openInstead', 'support', 'footer', 'device', 'unknownDevice', 'unknown'] as const),
  ...(['totp', 'passkey', 'recovery_codes'] as const),
] as const;
export type CommonPart = (typeof commonParts)[number];

export type Texts = Readonly<Record<MessageKind, Text>> & { readonly common: Readonly<Record<CommonPart, string>> };
export type TextsByLanguage = Readonly<Record<Language, Texts>>;

const placeholdersOf: Readonly<Partial<Record<MessageKind, readonly string[]>>> = {
  new_device: ['device', 'ip', 'at'],
  password_changed: ['at'],
  email_changed: ['at'],
  role_changed: ['role', 'at'],
  sessions_ended: ['at'],
  account_disabled: ['at'],
  account_enabled: ['at'],
  account_deleted: ['at'],
  factor_added: ['factor', 'at'],
  factor_removed: ['factor', 'at'],
  identity_linked: ['provider', 'at'],
  identity_removed: ['provider', 'at'],
  wrong_factor: ['ip', 'at'],
  recovery_code_used: ['left', 'at'],
  factors_reset: ['at'],
};

const commonPlaceholders: Readonly<Partial<Record<CommonPart, readonly string[]>>> = {
  life: ['life'],
  support: ['support'],
  device: ['browser', 'system'],
};

/** The names that may stand in braces in this text. */
export const placeholdersIn = (kind: MessageKind): readonly string[] => ['name', ...(placeholdersOf[kind] ?? [])];
export const placeholdersInCommon = (part: CommonPart): readonly string[] => [
  'name',
  ...(commonPlaceholders[part] ?? []),
];

export const isMessageKind = (text: string): text is MessageKind => messageKinds.some((kind) => kind === text);
export const hasLink = (kind: MessageKind): boolean => linkKinds.some((each) => each === kind);

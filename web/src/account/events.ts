// Puts the security events of an account into words.
import { t } from '../text.js';
import { labelOf } from '../upstream/answer.js';
import { eventKey } from './event-keys.js';

export interface SecurityEvent {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly outcome: 'success' | 'failure';
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A type that these pages do not know yet is named as the service names it. */
export function sentenceFor(event: SecurityEvent): string {
  const { type, details } = event;
  const key = eventKey(event);
  if (key === undefined) return t('activity.event.other', { type });
  const provider = labelOf(String(details['provider']));
  return t(key, { from: roleOf(details['from']), to: roleOf(details['to']), provider });
}

/** A role of the installation's own is named as the operator named it. */
export function roleOf(role: unknown): string {
  if (role === 'admin') return t('account.admin');
  return role === 'user' || typeof role !== 'string' ? t('account.user') : role;
}

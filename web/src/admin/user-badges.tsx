// Says how a user stands: whether they can sign in, and what they may do.
import { roleOf } from '../account/events.js';
import { t } from '../text.js';
import type { ListedUser } from './answers.js';

const tones = { active: 'good', disabled: 'bad', pending: 'open' } as const;

export function StatusBadge({ status }: Pick<ListedUser, 'status'>) {
  return <span class={`badge ${tones[status]}`}>{t(`admin.status.${status}`)}</span>;
}

/** As choices; a role that the installation does not have any more stays with those who have it. */
export const roleOptions = (roles: readonly string[], present?: string) =>
  [...new Set([...roles, ...(present === undefined ? [] : [present])])].map((value) => ({
    value,
    text: roleOf(value),
  }));

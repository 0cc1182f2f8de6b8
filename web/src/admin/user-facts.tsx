// What the service knows of a user.
import type { ComponentChildren } from 'preact';
import { roleOf } from '../account/events.js';
import { moment, t, type TextKey } from '../text.js';
import type { ShownUser } from './answers.js';
import { StatusBadge } from './user-badges.js';

export function UserFacts(user: ShownUser) {
  const { id, emailVerified, role, createdAt, disabledAt, hasPassword, sessions, identities } = user;
  const facts: readonly [TextKey, ComponentChildren][] = [
    [
      'admin.status',
      <>
        <StatusBadge {...user} /> {disabledAt !== null && t('admin.user.disabledAt', { time: moment(disabledAt) })}
      </>,
    ],
    ['admin.role', roleOf(role)],
    [
      'email',
      <span class={`badge ${emailVerified ? 'good' : 'open'}`}>
        {t(emailVerified ? 'profile.verified' : 'profile.unverified')}
      </span>,
    ],
    ['admin.since', moment(createdAt)],
    ['password', t(hasPassword ? 'admin.user.hasPassword' : 'admin.user.noPassword')],
    ['admin.user.sessions', sessions],
    ['admin.user.id', <code>{id}</code>],
  ];
  return (
    <dl class="facts">
      {facts.map(([key, value]) => (
        <div key={key}>
          <dt>{t(key)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      {identities.map(({ id: identity, label, email, linkedAt, lastUsedAt }) => (
        <div key={identity}>
          <dt>{label}</dt>
          <dd>
            {email ?? t('admin.user.noAddress')}
            <br />
            <span class="hint">
              {t('admin.user.linked', { time: moment(linkedAt) })} {' · '}
              {lastUsedAt === null ? t('factors.unused') : t('factors.used', { time: moment(lastUsedAt) })}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

// Events as the service names them, for whoever has to find out what happened (docs/operations/events.md).
import { deviceOf } from '../account/device.js';
import { to } from '../router.js';
import { moment, t } from '../text.js';
import type { AdminEvent } from './answers.js';
import { type Column, Table } from './table.js';

interface Props {
  readonly events: readonly AdminEvent[];
  /** All of one user, who need not be named. */
  readonly isOfOne?: boolean;
}

export function EventList({ events, isOfOne = false }: Props) {
  const columns: readonly Column<AdminEvent>[] = [
    { name: t('admin.events.at'), cell: ({ at }) => <time dateTime={at}>{moment(at)}</time> },
    {
      name: t('admin.events.type'),
      cell: ({ type, outcome, details }) => (
        <>
          <span class="what">
            <code>{type}</code> {outcome === 'failure' && <span class="badge open">{t('admin.events.failure')}</span>}
          </span>
          <span class="hint">{textOf(details)}</span>
        </>
      ),
    },
    ...(isOfOne ? [] : [{ name: t('admin.events.user'), cell: userOf }]),
    {
      name: t('admin.events.from'),
      cell: ({ ip, userAgent }) => (
        <>
          {ip ?? '–'}
          {userAgent !== null && <span class="hint">{deviceOf(userAgent)}</span>}
        </>
      ),
    },
  ];
  return <Table caption={t('admin.events.title')} columns={columns} rows={events} keyOf={({ id }) => id} />;
}

const userOf = ({ userId }: AdminEvent) =>
  userId === null ? '–' : <a href={to(`admin/users/${userId}`)}>{userId.slice(0, 8)}…</a>;

const textOf = (details: AdminEvent['details']): string =>
  Object.entries(details)
    .map(([name, value]) => `${name}: ${valueOf(value)}`)
    .join(' · ');

function valueOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueOf).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

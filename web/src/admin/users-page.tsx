// The users, by the beginning of their address, their role and whether they are disabled; and an invitation.
import { useState } from 'preact/hooks';
import { roleOf } from '../account/events.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Page } from '../components/page.js';
import { Select } from '../components/select.js';
import type { Call } from '../components/use-call.js';
import { keep, to, usePlace } from '../router.js';
import { moment, t } from '../text.js';
import type { ListedUser } from './answers.js';
import { Invite } from './invite.js';
import { More } from './more.js';
import { Opening } from './opening.js';
import { type Column, Table } from './table.js';
import { useRoles } from './use-roles.js';
import { useRows } from './use-rows.js';
import { roleOptions, StatusBadge } from './user-badges.js';

const columns = (): readonly Column<ListedUser>[] => [
  {
    name: t('email'),
    cell: ({ id, email }) => <a href={to(`admin/users/${id}`)}>{email}</a>,
  },
  { name: t('admin.role'), cell: ({ role }) => roleOf(role) },
  { name: t('admin.status'), cell: (user) => <StatusBadge {...user} /> },
  { name: t('admin.since'), cell: ({ createdAt }) => moment(createdAt) },
];

const filtersIn = (values: Values): Values => ({
  email: (values['email'] ?? '').trim(),
  role: values['role'] ?? '',
  disabled: values['disabled'] ?? '',
});

export function UsersPage() {
  const { state } = usePlace();
  const [first] = useState(() => filtersIn(state));
  const { shown, filters, call, ...opening } = useRows<ListedUser>('/admin/users', 'users', first);
  return (
    <>
      <Page title={t('admin.users.title')}>
        {shown === undefined || opening.proof ? (
          <Opening call={call} {...opening} />
        ) : (
          <>
            <Search filters={filters} call={call} />
            {shown.rows.length > 0 && (
              <Table caption={t('admin.users.title')} columns={columns()} rows={shown.rows} keyOf={({ id }) => id} />
            )}
            <More call={call} count={shown.rows.length} hasMore={shown.next !== undefined} member="users" />
          </>
        )}
      </Page>
      {shown !== undefined && <Invite />}
    </>
  );
}

interface SearchProps {
  readonly filters: Values;
  readonly call: Call<Values | undefined>;
}

function Search({ filters, call }: SearchProps) {
  const roles = roleOptions(useRoles(), filters['role'] || undefined);
  const search = (values: Values) => {
    keep(filtersIn(values));
    call.run(filtersIn(values));
  };
  return (
    <search>
      <Form call={{ ...call, run: search }} submit={t('admin.search')}>
        <div class="filters">
          <Field
            name="email"
            label={t('admin.users.prefix')}
            value={filters['email'] ?? ''}
            autocomplete="off"
            isOptional
          />
          <Select
            name="role"
            label={t('admin.role')}
            value={filters['role'] ?? ''}
            options={[{ value: '', text: t('admin.any') }, ...roles]}
          />
          <Select
            name="disabled"
            label={t('admin.status')}
            value={filters['disabled'] ?? ''}
            options={[
              { value: '', text: t('admin.any') },
              { value: 'false', text: t('admin.enabled') },
              { value: 'true', text: t('admin.status.disabled') },
            ]}
          />
        </div>
      </Form>
    </search>
  );
}

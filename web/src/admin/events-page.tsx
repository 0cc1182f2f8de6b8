// The events of everybody, or of one user: by type, address and time; on the page, or all in a file.
import { useState } from 'preact/hooks';
import { Said } from '../account/said.js';
import { Button } from '../components/button.js';
import { Field } from '../components/field.js';
import { Form, type Values } from '../components/form.js';
import { Outcome } from '../components/outcome.js';
import { Page } from '../components/page.js';
import type { Call } from '../components/use-call.js';
import { useProven } from '../factors/use-proven.js';
import { keep, usePlace } from '../router.js';
import { t } from '../text.js';
import type { AdminEvent } from './answers.js';
import { downloadCsv } from './csv.js';
import { EventList } from './event-list.js';
import { asAsked, eventTypes, filtersIn } from './event-filters.js';
import { More } from './more.js';
import { Opening } from './opening.js';
import { useRows } from './use-rows.js';

export function EventsPage({ userId = '' }: { readonly userId?: string }) {
  const { state } = usePlace();
  const [first] = useState(() => filtersIn({ user: userId, ...state }));
  const [typed, setTyped] = useState(first);
  const { shown, filters, call, ...opening } = useRows<AdminEvent>('/admin/events', 'events', asAsked(first));
  const search = (values: Values) => {
    setTyped(filtersIn(values));
    keep(filtersIn(values));
    call.run(asAsked(filtersIn(values)));
  };
  return (
    <Page title={t('admin.events.title')} intro={t('admin.events.intro')}>
      {shown === undefined || opening.proof ? (
        <Opening call={call} {...opening} />
      ) : (
        <>
          <Search typed={typed} call={{ ...call, run: search }} />
          {shown.rows.length > 0 && <EventList events={shown.rows} />}
          <More call={call} count={shown.rows.length} hasMore={shown.next !== undefined} member="events" />
          {shown.rows.length > 0 && <Csv filters={filters} />}
        </>
      )}
    </Page>
  );
}

interface SearchProps {
  readonly typed: Values;
  readonly call: Call<Values>;
}

function Search({ typed, call }: SearchProps) {
  const field = (name: string) => ({ name, value: typed[name] ?? '', autocomplete: 'off', isOptional: true });
  return (
    <search>
      <Form call={call} submit={t('admin.search')}>
        <div class="filters">
          <Field {...field('user')} label={t('admin.events.ofUser')} />
          <Field {...field('type')} label={t('admin.events.type')} suggestions={eventTypes} />
          <Field {...field('ip')} label={t('admin.events.ip')} />
          <Field {...field('from')} label={t('admin.events.since')} type="date" />
          <Field {...field('to')} label={t('admin.events.until')} type="date" />
        </div>
      </Form>
    </search>
  );
}

function Csv({ filters }: { readonly filters: Values }) {
  const [hasMore, setMore] = useState<boolean>();
  const { call, proof } = useProven(async () => setMore(await downloadCsv(filters)));
  return (
    <>
      <Outcome call={call} />
      {hasMore !== undefined && <Said text={t(hasMore ? 'admin.events.csvPart' : 'admin.events.csvDone')} />}
      {proof || (
        <div class="actions">
          <Button call={call} look="plain">
            {t('admin.events.csv')}
          </Button>
          <p class="hint">{t('admin.events.csvHint')}</p>
        </div>
      )}
    </>
  );
}

// The mails that wait, and those that did not arrive.
import { Page } from '../components/page.js';
import { own } from '../requests.js';
import { moment, t } from '../text.js';
import { CommandLine } from './command-line.js';
import { Opening, useOpened } from './opening.js';
import { type Column, Table } from './table.js';

interface Mail {
  readonly id: string;
  readonly kind: string;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly deadAt: string | null;
  readonly reason: string | null;
}

const read = async () => (await (await own('GET', '/admin/mail')).json()) as { readonly mails: readonly Mail[] };

const columns = (): readonly Column<Mail>[] => [
  { name: t('admin.mail.kind'), cell: ({ kind }) => <code>{kind}</code> },
  {
    name: t('admin.mail.state'),
    cell: ({ deadAt, nextAttemptAt, reason }) => (
      <>
        <span class={`badge ${deadAt === null ? '' : 'bad'}`}>
          {t(deadAt === null ? 'admin.mail.waiting' : 'admin.mail.dead')}
        </span>{' '}
        {deadAt === null && nextAttemptAt !== null && t('admin.mail.next', { time: moment(nextAttemptAt) })}
        {reason !== null && <span class="hint">{reason}</span>}
      </>
    ),
  },
  { name: t('admin.mail.attempts'), cell: ({ attempts }) => attempts },
];

export function MailPage() {
  const { data, ...opening } = useOpened(read);
  return (
    <Page title={t('admin.mail.title')} intro={t('admin.mail.intro')}>
      {data === undefined ? (
        <Opening {...opening} />
      ) : data.mails.length === 0 ? (
        <p>{t('admin.mail.none')}</p>
      ) : (
        <Table caption={t('admin.mail.title')} columns={columns()} rows={data.mails} keyOf={({ id }) => id} />
      )}
      <CommandLine lines={['mail list', 'mail retry']} />
    </Page>
  );
}

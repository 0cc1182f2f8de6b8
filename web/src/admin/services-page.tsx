// The services that ask about tokens and people. They are added and removed on the command line.
import { Page } from '../components/page.js';
import { own } from '../requests.js';
import { moment, t } from '../text.js';
import { CommandLine } from './command-line.js';
import { Opening, useOpened } from './opening.js';
import { type Column, Table } from './table.js';

interface Service {
  readonly clientId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly createdAt: string;
}

const read = async () => (await (await own('GET', '/admin/services')).json()) as { readonly services: Service[] };

const columns = (): readonly Column<Service>[] => [
  { name: t('admin.services.name'), cell: ({ name }) => <strong>{name}</strong> },
  { name: t('admin.services.clientId'), cell: ({ clientId }) => <code>{clientId}</code> },
  { name: t('admin.services.scopes'), cell: ({ scopes }) => scopes.join(', ') || '–' },
  { name: t('admin.services.audiences'), cell: ({ audiences }) => audiences.join(', ') || '–' },
  { name: t('admin.since'), cell: ({ createdAt }) => moment(createdAt) },
];

export function ServicesPage() {
  const { data, ...opening } = useOpened(read);
  return (
    <Page title={t('admin.services.title')} intro={t('admin.services.intro')}>
      {data === undefined ? (
        <Opening {...opening} />
      ) : data.services.length === 0 ? (
        <p>{t('admin.services.none')}</p>
      ) : (
        <Table
          caption={t('admin.services.title')}
          columns={columns()}
          rows={data.services}
          keyOf={({ clientId }) => clientId}
        />
      )}
      <CommandLine lines={['services add NAME', 'services rotate-secret NAME', 'services remove NAME']} />
    </Page>
  );
}

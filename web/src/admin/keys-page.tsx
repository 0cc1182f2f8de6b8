// The keys that sign tokens: which one signs, which are still good, and when the next one takes over.
import { Page } from '../components/page.js';
import { own } from '../requests.js';
import { isTextKey, moment, t } from '../text.js';
import { CommandLine } from './command-line.js';
import { Opening, useOpened } from './opening.js';
import { type Column, Table } from './table.js';

interface Key {
  readonly kid: string;
  readonly state: string;
  readonly bits: number;
  readonly publishedAt: string;
}

interface Keys {
  readonly keys: readonly Key[];
  readonly nextRotationAt: string | null;
}

const read = async () => (await (await own('GET', '/admin/keys')).json()) as Keys;

const columns = (): readonly Column<Key>[] => [
  { name: t('admin.keys.kid'), cell: ({ kid }) => <code>{kid}</code> },
  {
    name: t('admin.keys.state'),
    cell: ({ state }) => <span class={`badge ${tones[state] ?? ''}`}>{stateOf(state)}</span>,
  },
  { name: t('admin.keys.bits'), cell: ({ bits }) => bits },
  { name: t('admin.keys.published'), cell: ({ publishedAt }) => moment(publishedAt) },
];

const tones: Readonly<Record<string, string>> = { signing: 'good', revoked: 'bad' };

function stateOf(state: string): string {
  const key = `admin.keys.state.${state}`;
  return isTextKey(key) ? t(key) : state;
}

export function KeysPage() {
  const { data, ...opening } = useOpened(read);
  return (
    <Page title={t('admin.keys.title')} intro={t('admin.keys.intro')}>
      {data === undefined ? (
        <Opening {...opening} />
      ) : (
        <>
          {data.nextRotationAt !== null && <p>{t('admin.keys.next', { time: moment(data.nextRotationAt) })}</p>}
          <Table caption={t('admin.keys.title')} columns={columns()} rows={data.keys} keyOf={({ kid }) => kid} />
        </>
      )}
      <CommandLine lines={['keys rotate', 'keys revoke KID']} />
    </Page>
  );
}

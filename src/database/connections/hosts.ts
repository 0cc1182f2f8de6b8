// The hosts of DATABASE_URL. The one that worked last is used; once it fails, all are asked at the
// same time, and the first that takes writes is used from then on.
import pg from 'pg';
import { eachPostgresHost, hostsOfPostgres } from '../../config/postgres-hosts.js';
import { reasonOf } from '../../runtime/reason.js';
import { assertNoStandby } from './standby.js';
import { tlsTrouble } from './tls-trouble.js';

/** A host that hangs holds a search up for this long, and no request afterwards. */
export const CONNECT_WITHIN_MS = 3_000;

const asking = {
  application_name: 'watchword',
  connectionTimeoutMillis: CONNECT_WITHIN_MS,
  query_timeout: CONNECT_WITHIN_MS,
};

/** None of several hosts takes writes. Counts as an unavailable database. */
class NoPrimary extends Error {
  readonly code = '25006';
}

export class Hosts {
  readonly #urls: readonly string[];
  #at = 0;
  #search: Promise<void> | undefined;
  /** Another host is in use from now on. */
  onMove: () => void = () => undefined;

  constructor(private readonly url: string) {
    this.#urls = eachPostgresHost(url);
  }

  /** The URL of the host that worked last. */
  get current(): string {
    return this.#urls[this.#at] ?? this.url;
  }

  get areSeveral(): boolean {
    return this.#urls.length > 1;
  }

  /**
   * Looks for the host that takes writes; those who call meanwhile share the search.
   * @param failed the host that did not work: where another one is in use by now, nothing is asked
   * @throws NoPrimary, which names every host and why it was not taken
   */
  search(failed: string): Promise<void> {
    if (failed !== this.current) return Promise.resolve();
    this.#search ??= this.ask().finally(() => (this.#search = undefined));
    return this.#search;
  }

  private async ask(): Promise<void> {
    const asked = this.#urls.map(async (url, at) => {
      await connectTo(url, asking).then((client) => client.end());
      return at;
    });
    try {
      const found = await Promise.any(asked);
      const hasMoved = found !== this.#at;
      this.#at = found;
      if (hasMoved) this.onMove();
    } catch (cause) {
      const errors: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
      const each = this.#urls.map((url, at) => `${hostsOfPostgres(url)} (${whyNot(errors[at])})`);
      throw new NoPrimary(`no host takes writes: ${each.join(', ')}`, { cause });
    }
  }
}

const whyNot = (error: unknown) => tlsTrouble(error) ?? reasonOf(error);

/** @returns a connection to the one host of the URL. @throws Standby where it leads to one */
async function connectTo(connectionString: string, options: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...options, connectionString });
  client.on('error', () => undefined); // the statement under way reports the loss
  try {
    await client.connect();
    await assertNoStandby(client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** A connection of one's own to the primary, beside any pool. @param hosts remembers which one it is */
export async function connectToPrimary(hosts: Hosts, options: pg.ClientConfig): Promise<pg.Client> {
  const { current } = hosts;
  try {
    return await connectTo(current, options);
  } catch (error) {
    if (!hosts.areSeveral) throw error;
    await hosts.search(current);
    return connectTo(hosts.current, options);
  }
}

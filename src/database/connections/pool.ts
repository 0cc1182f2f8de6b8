// The connection pool: to the host that takes writes, and never to a standby.
import pg from 'pg';
import { CONNECT_WITHIN_MS, type Hosts } from './hosts.js';
import { Outages } from './outages.js';
import { pinSession } from './session-settings.js';
import { assertNoStandby } from './standby.js';
import { isDatabaseUnavailable } from './unavailable.js';

type Done = (error: Error | undefined, client: pg.PoolClient | undefined, release: (error?: Error) => void) => void;

/** Every connection is in use, which says nothing about the host. */
const IS_FULL = 'timeout exceeded when trying to connect';

export class Pool extends pg.Pool {
  readonly outages = new Outages();
  /** A pooler in transaction mode has shown itself. */
  onPooler: () => void = () => undefined;
  private readonly idle = new Set<pg.PoolClient>();
  private readonly busy = new Set<pg.PoolClient>();
  private readonly retired = new WeakSet<pg.PoolClient>();

  /**
   * @param keepsPlans false where another client may have a connection next: a pooler in
   * transaction mode
   */
  constructor(
    options: pg.PoolConfig,
    readonly hosts: Hosts,
    public keepsPlans: boolean,
  ) {
    super({ ...options, connectionTimeoutMillis: CONNECT_WITHIN_MS, Client: clientOf(hosts) });
    // pg-pool waits for the promise, and nobody gets the connection before; its type does not say
    // so.
    // oxlint-disable-next-line typescript/no-misused-promises
    this.options.onConnect = keepsPlans ? pinSession : assertNoStandby;
    this.on('acquire', (client) => this.taken(client));
    this.on('release', (_error, client) => this.returned(client));
    hosts.onMove = () => this.retire();
    this.on('remove', (client) => [this.idle, this.busy].forEach((set) => set.delete(client)));
  }

  /** No statement has a name from now on. What is pinned on connections stays as it is. */
  stopNaming(): void {
    if (this.keepsPlans) this.onPooler();
    this.keepsPlans = false;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(done: Done): void;
  override connect(done?: Done): Promise<pg.PoolClient> | void {
    if (!this.hosts.areSeveral) return done ? super.connect(done as never) : super.connect();
    const client = this.fromAnyHost();
    if (!done) return client;
    client.then(
      (taken) => done(undefined, taken, (error) => taken.release(error)),
      (error: Error) => done(error, undefined, () => undefined),
    );
  }

  private async fromAnyHost(): Promise<pg.PoolClient> {
    const { current } = this.hosts;
    try {
      return await super.connect();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || (error as Error).message === IS_FULL) throw error;
      await this.hosts.search(current);
      return super.connect();
    }
  }

  /** No statement that begins after this call uses a connection that was open before it. */
  retire(): void {
    for (const client of this.idle) cut(client);
    for (const client of this.busy) this.retired.add(client);
  }

  private taken(client: pg.PoolClient): void {
    this.idle.delete(client);
    this.busy.add(client);
  }

  private returned(client: pg.PoolClient): void {
    this.busy.delete(client);
    if (this.retired.has(client))
      void client.end().catch(() => undefined); // the pool then drops it
    else this.idle.add(client);
  }
}

const clientOf = (hosts: Hosts) =>
  class extends pg.Client {
    constructor(options?: pg.ClientConfig) {
      super({ ...options, connectionString: hosts.current });
    }
  };

/** The pool drops an idle connection that reports an error at once, and one that ends only when it has ended. */
function cut(client: pg.PoolClient): void {
  client.emit('error', new Error('another server is the primary'));
  client.connection.stream.destroy();
}

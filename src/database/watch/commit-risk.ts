// Looks whether a fail-over or a crash could lose what was committed: revocations are among it, and
// would come undone.
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Upkeep } from '../../runtime/upkeep.js';
import { Log } from '../../telemetry/log.js';
import { Metrics } from '../../telemetry/metrics.js';
import { Database } from '../database.js';

const EVERY_MS = 60_000;

const sentences = {
  asynchronous_standby:
    'A standby follows asynchronously: a fail-over to it loses the last commits, logouts among them. ' +
    'Set synchronous_standby_names (docs/operations/postgresql.md).',
  synchronous_commit:
    'synchronous_commit does not wait for the disk or the standby: a crash or a fail-over loses the last commits, ' +
    'logouts among them. Set it to on (docs/operations/postgresql.md).',
} as const;

type Reason = keyof typeof sentences;

interface Seen extends Record<string, unknown> {
  readonly commit: string;
  readonly hasNames: boolean;
  readonly standbys: number;
}

@Injectable()
export class CommitRisk extends Upkeep {
  private found: readonly Reason[] = [];

  constructor(
    private readonly database: Database,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    super({ everyMs: EVERY_MS, failureEvent: 'database.commit_risk_unknown', log });
    const figure = (reason: Reason) => [reason, this.found.includes(reason) ? 1 : 0] as const;
    const help = '1 where a fail-over or a crash may lose what was committed';
    const reasons: Reason[] = ['asynchronous_standby', 'synchronous_commit'];
    const read = () => Object.fromEntries(reasons.map(figure));
    metrics.watch('watchword_database_commits_at_risk', help, read, 'reason');
  }

  override onApplicationBootstrap(): void {
    super.onApplicationBootstrap();
    this.rounds.ask();
  }

  /** True if the last look has found that commits may be lost. */
  get isThere(): boolean {
    return this.found.length > 0;
  }

  protected override async round(): Promise<void> {
    const { rows } = await this.database.execute<Seen>(look);
    const before = this.found;
    this.found = rows.flatMap(reasonsOf);
    for (const reason of this.found)
      if (!before.includes(reason)) this.log.warn({ event: 'database.commits_at_risk', reason }, sentences[reason]);
  }
}

function reasonsOf({ commit, hasNames, standbys }: Seen): Reason[] {
  if (commit === 'off' || (commit === 'local' && standbys > 0)) return ['synchronous_commit'];
  return standbys > 0 && !hasNames ? ['asynchronous_standby'] : [];
}

/**
 * A role without pg_read_all_stats sees of others' connections only that they are there. Those that
 * decode changes for another application are no standbys.
 */
const look = sql`
  select current_setting('synchronous_commit') as commit,
         current_setting('synchronous_standby_names') <> '' as "hasNames",
         (select count(*)::int from pg_stat_replication r
           where coalesce(r.state, 'streaming') in ('streaming', 'catchup')
             and not exists (select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical')
         ) as standbys`;

// Provides decoy hashes for addresses without a hash, of the form and parameters that a user of that address might have.
// Known users keep older parameters, or the form of the system that they come from, until they sign in: unknown ones must
// cost the same.
import { createHmac, hkdfSync } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../../database/database.js';
import { users } from '../../database/schema/users-and-sessions.js';
import { KeyStore } from '../../keys/key-store.js';
import { Periodic } from '../../runtime/periodic.js';
import { Log } from '../../telemetry/log.js';
import { type Decoy, likeliest } from './decoy-draw.js';
import { decoyLike, PARAMETERS } from './forms/stored-hash.js';
import { Passwords } from './passwords.js';

const EVERY_MS = 5 * 60_000;
/** The approximate size of the sample, for any number of users. */
const SAMPLE = 10_000;
/** Users who have signed in since the last sample already have the current parameters. */
const LEAST_OF_TODAY = 0.01;

@Injectable()
export class Decoys implements OnModuleInit, BeforeApplicationShutdown {
  private readonly rounds: Periodic;
  private key = Buffer.alloc(0);
  private decoys: readonly Decoy[] = [];

  constructor(
    private readonly database: Database,
    private readonly keyStore: KeyStore,
    private readonly passwords: Passwords,
    log: Log,
  ) {
    const options = { everyMs: EVERY_MS, failureEvent: 'password.decoys_failed', log };
    this.rounds = new Periodic(options, () => this.look());
  }

  /** The key is the same on every instance and after a restart: a changed time would reveal an unknown address. */
  async onModuleInit(): Promise<void> {
    this.key = Buffer.from(hkdfSync('sha256', await this.keyStore.refreshSecret(), '', 'password_decoys', 32));
    await this.look();
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  /** @returns a hash that matches no password; null while nobody has a password: the current parameters apply then */
  of(email: string): string | null {
    const luckOf = (form: string) =>
      createHmac('sha256', this.key).update(`${form}\0${email}`).digest().readUIntBE(0, 6);
    return likeliest(this.decoys, (form) => (luckOf(form) + 1) / 2 ** 48);
  }

  /** Counts the users per parameters. It samples the same blocks each time, so that the shares change little. */
  private async look(): Promise<void> {
    const size = await this.database.execute<{ rows: number }>(
      sql`select reltuples::float8 as rows from pg_class where oid = 'public.users'::regclass`,
    );
    const percent = Math.min(100, (100 * SAMPLE) / Math.max(size.rows[0]?.rows ?? 0, 1));
    const form = sql`substring(password_hash from ${PARAMETERS}::text)`;
    const { rows } = await this.database.execute<{ form: string | null; count: number }>(sql`
      select ${form} as form, count(*)::int as count
        from ${users} tablesample system (${sql.raw(String(percent))}) repeatable (1) group by 1`);
    this.decoys = rows.flatMap(({ form: of, count }) => (of === null ? [] : decoysOf(of, count)));
    const total = this.decoys.reduce((sum, { weight }) => sum + weight, 0);
    const { form: today } = this.passwords;
    if (total > 0 && !this.decoys.some((decoy) => decoy.form === today))
      this.decoys = [...this.decoys, ...decoysOf(today, total * LEAST_OF_TODAY)];
  }
}

/** @returns none for parameters that cost too much: such hashes are not verified */
function decoysOf(form: string, weight: number): Decoy[] {
  const hash = decoyLike(form);
  return hash === undefined ? [] : [{ form, weight, hash }];
}

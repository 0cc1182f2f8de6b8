// migrate: applies the migrations. It is the only command that needs no schema.
import * as z from 'zod';
import { openPool } from '../../database/database.js';
import { roleOf } from '../../database/grants.js';
import { applyMigrations, countPendingMigrations } from '../../database/migrate.js';
import { asDryRun, command } from '../command.js';
import { flag } from '../input.js';

export const migrate = command({
  name: 'migrate',
  about: "apply pending migrations and grant the service's role what it needs",
  details: 'Connects as DATABASE_OWNER_URL and grants to the role of DATABASE_URL. The database must exist.',
  hasDryRun: true,
  needs: 'database',
  input: z.object({ dryRun: flag }),
  async run({ target, log }, { dryRun }) {
    const pool = openPool(target.ownerUrl, target.config, log);
    try {
      const pending = await countPendingMigrations(pool);
      if (dryRun) {
        const sentence = asDryRun(pending === 0 ? 'the database is up to date.' : `${pending} migration(s) pending.`);
        return { sentence, result: { dryRun, pending } };
      }
      await applyMigrations(target.ownerUrl, roleOf(target.url));
      const sentence = pending === 0 ? 'The database is up to date.' : `Applied ${pending} migration(s).`;
      return { sentence, result: { dryRun, applied: pending } };
    } finally {
      await pool.end();
    }
  },
});

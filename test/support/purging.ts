// Explains how a purge finds its rows, and how it deletes them.
import { sql } from 'drizzle-orm';
import { Database } from '../../src/database/database.js';
import type { Purging } from '../../src/database/purging.js';
import type { Service } from './service.js';

/** @returns the plans, each as a text; nothing is deleted */
export async function plansOf(service: Service, purging: Purging): Promise<{ find: string; remove: string }> {
  const database = service.app.get(Database);
  const { rows: keys } = await database.execute(purging.find());
  const plan = async (statement: ReturnType<Purging['find']>) =>
    JSON.stringify((await database.execute(sql`explain ${statement}`)).rows);
  return { find: await plan(purging.find()), remove: await plan(purging.remove(keys)) };
}

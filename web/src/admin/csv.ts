// Saves events as a file. It is fetched first: a link would save a refusal as well.
import type { Values } from '../components/form.js';
import { own } from '../requests.js';
import { queryOf } from './use-rows.js';

/** @returns whether there are more than a file holds */
export async function downloadCsv(filters: Values): Promise<boolean> {
  const answer = await own('GET', `/admin/events.csv?${queryOf(filters)}`);
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = 'events.csv';
  link.click();
  URL.revokeObjectURL(address);
  return /rel="?next/.test(answer.headers.get('link') ?? '');
}

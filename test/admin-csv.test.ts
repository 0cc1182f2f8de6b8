// Administrators take security events away as CSV, which a spreadsheet shows and does not calculate (ASVS 1.2.10).
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf } from '../src/admin/csv.js';
import { type Administrator, administrator } from './support/admins.js';
import { type Service, startService } from './support/service.js';

let service: Service;
let ada: Administrator;
beforeAll(async () => {
  service = await startService();
  ada = await administrator(service);
});
afterAll(() => service.stop());

const csv = (query: string) => ada.ask('GET', `/admin/events.csv?${query}`);

async function events(userId: string, count: number, userAgent: string | null = null): Promise<void> {
  await service.query(
    `INSERT INTO audit_events (user_id, id, at, type, outcome, user_agent, details)
     SELECT $1, gen_random_uuid(), now() - n * interval '1 millisecond', 'logout_all', 'success', $3, '{"sessions":1}'
       FROM generate_series(1, $2::int) n`,
    [userId, count, userAgent],
  );
}

describe('a cell', () => {
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '\0=1',
    ' =1+1',
    '  -1',
    '＝1',
    '＋1',
    '－1',
    '＠A1',
  ])('that begins like a formula is no formula: %j', (text) => {
    expect(csvOf(['a'], [[text]])).toBe(`"a"\r\n"'${text}"\r\n`);
  });

  it('holds quotes, commas and ends of lines (RFC 4180 §2.6, §2.7)', () => {
    expect(
      csvOf(
        ['a', 'b'],
        [
          ['say "hi", you', 'two\r\nlines'],
          [null, 'Mozilla/5.0 (X11)'],
        ],
      ),
    ).toBe('"a","b"\r\n"say ""hi"", you","two\r\nlines"\r\n"","Mozilla/5.0 (X11)"\r\n');
  });
});

describe('GET /admin/events.csv', () => {
  it('is a file with a line of names, and every cell of an attacker is a text', async () => {
    const userId = randomUUID();
    await events(userId, 1, `=HYPERLINK("http://evil.example","click")`);
    const { status, headers, text } = await csv(`user=${userId}`);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(headers['content-disposition']).toBe('attachment; filename="events.csv"');
    expect(headers['cache-control']).toContain('no-store');
    const [names, row, end] = text.split('\r\n');
    expect(names).toBe('"at","type","outcome","userId","sessionId","ip","userAgent","requestId","id","details"');
    expect(row).toContain(`"'=HYPERLINK(""http://evil.example"",""click"")"`);
    expect(row).toContain(`"{""sessions"":1}"`);
    expect(end).toBe('');
    expect(headers['link']).toBe(`<?user=${userId}>; rel="first"`);
    const [exported] = await service.query(`SELECT details FROM audit_events WHERE type = 'events.exported'`);
    expect(exported).toEqual({ details: { events: 1, by: ada.userId } });
  });

  it('is empty but for the names where nobody has the address', async () => {
    const { text } = await csv(`user=${randomUUID()}@example.com`);
    expect(text.split('\r\n')).toHaveLength(2);
  });

  it('ends after 10,000 events and says where the rest is', async () => {
    const userId = randomUUID();
    await events(userId, 10_005);
    const first = await csv(`user=${userId}&type=logout_all`);
    const ids = (text: string) =>
      text
        .split('\r\n')
        .slice(1, -1)
        .map((line) => line.split(',')[8]);
    expect(ids(first.text)).toHaveLength(10_000);
    const [, rest = ''] = /, <\?(.*)>; rel="next"$/.exec(String(first.headers['link'])) ?? [];
    expect(new URLSearchParams(rest).get('type')).toBe('logout_all');
    const second = await csv(rest);
    expect(ids(second.text)).toHaveLength(5);
    expect(second.headers['link']).not.toContain('next');
    expect(new Set([...ids(first.text), ...ids(second.text)]).size).toBe(10_005);
  });
});

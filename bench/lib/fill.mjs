// Fills a database with a million sessions by SQL; some have tokens that can be used.
import pg from 'pg';
import { built } from './built.mjs';

const { firstRefreshToken, familyOf, formatRefreshToken, hashOf } = await built('tokens/refresh-token.js');
/** Inserts part by part in random order, so that the usable sessions are spread over the table. */
const PARTS = 20;
const SESSIONS_PER_USER = 4;
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/**
 * A session as it is after it was refreshed; only who, family, token and age differ.
 * @param source rows of (user_id, family, token, dead)
 */
const insertFrom = (source) => `
  INSERT INTO refresh_tokens (user_id, family, id, token, previous_token, ratchet_salt, generation, session_epoch, rotated_at,
         rotated_by_ip, rotated_user_agent, persistent, transport, authenticated_at, methods, expires_at, absolute_expires_at,
         created_at, created_by_ip, user_agent)
  SELECT user_id, family, uuidv7(), token, md5(token) || md5(family), sha256(token::bytea), 0, 1, now() - random() * interval '9 days',
         '192.0.2.7', '${AGENT}', false, 'bearer', start, '{pwd}', now() + interval '21 days' * (0.1 + random()),
         start + CASE WHEN dead THEN interval '1 second' ELSE interval '365 days' END, start, '192.0.2.7', '${AGENT}'
    FROM (SELECT *, now() - (1 + random() * 29) * interval '1 day' AS start FROM ${source} ORDER BY random()) AS row`;
const random64 = `md5(random()::text) || md5(random()::text)`;
const generated = (users, from, to, dead = false) => `(
  SELECT u.id AS user_id, ${random64} AS family, ${random64} AS token, ${dead} AS dead
    FROM generate_series(${from}, ${to} - 1) AS made_up (i) JOIN bench_users u ON u.n = i % ${users}) AS made`;
const given = `(
  SELECT *, false AS dead FROM unnest($1::uuid[], $2::text[], $3::text[]) AS given (user_id, family, token)) AS given`;

/**
 * @param plan how many live sessions, how many of them can be spent, how many dead ones wait for the purge
 * @param listed a user's id who gets `ofOne` of the sessions
 * @returns the sessions that can be spent: { refreshToken }
 */
export async function fillSessions({ ownerUrl, sessions, spendable, dead, listed, ofOne }) {
  const database = new pg.Client({ connectionString: ownerUrl });
  await database.connect();
  try {
    const users = Math.floor(sessions / SESSIONS_PER_USER);
    await database.query(`SET session_replication_role = replica`); // no look-up of the foreign key for each row
    await database.query('CREATE TABLE bench_users (n int PRIMARY KEY, id uuid)');
    await database.query(`INSERT INTO bench_users SELECT n, gen_random_uuid() FROM generate_series(0, ${users - 1}) n`);
    await database.query(`INSERT INTO users (id, email) SELECT id, 'user-' || n || '@example.com' FROM bench_users`);
    const { rows } = await database.query('SELECT id FROM bench_users ORDER BY random() LIMIT $1', [spendable]);
    const tokens = Array.from({ length: spendable }, (_, i) => firstRefreshToken(rows[i % rows.length].id));

    const others = sessions - spendable - ofOne;
    const all = [...tokens, ...Array.from({ length: ofOne }, () => firstRefreshToken(listed))];
    for (let part = 0; part < PARTS; part++) {
      const share = (of) => [Math.floor((of * part) / PARTS), Math.floor((of * (part + 1)) / PARTS)];
      const [live, ended] = [generated(users, ...share(others)), generated(users, ...share(dead), true)];
      const some = all.slice(...share(all.length));
      const source = `(SELECT * FROM ${live} UNION ALL SELECT * FROM ${ended} UNION ALL SELECT * FROM ${given}) AS mixed`;
      await database.query(insertFrom(source), [
        some.map(({ userId }) => userId),
        some.map(familyOf),
        some.map(hashOf),
      ]);
    }
    await database.query('DROP TABLE bench_users');
    await database.query('VACUUM (FREEZE, ANALYZE)');
    return tokens.map((token) => ({ refreshToken: formatRefreshToken(token) }));
  } finally {
    await database.end();
  }
}

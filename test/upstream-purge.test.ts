// What nobody came back for goes: requests, codes, logouts that cannot be repeated, and sign-ins without a session.
import { expect, it } from 'vitest';
import { UpstreamPurge } from '../src/upstream/upstream-purge.js';
import { linkedUser, startWithUpstream, UpstreamBrowser } from './support/upstream-way.js';

it('deletes what is over, and nothing that is still good', async () => {
  const { service, upstream } = await startWithUpstream();
  upstream.people.set('ada', { email: 'ada@example.com' });
  const { userId } = await linkedUser(service, upstream.issuer, 'ada');
  const browser = new UpstreamBrowser(service.url);
  await browser.signIn('ada');
  await browser.begin(); // nobody comes back
  for (const minutes of [-1, 10]) {
    await service.query(
      `INSERT INTO upstream_codes (user_id, hash, sign_in_id, purpose, persistent, app_challenge, created_at, expires_at)
       SELECT $1, sha256($2::text::bytea), gen_random_uuid(), 'sign_in', false, 'c', now, now + make_interval(mins => $2::int)
         FROM protocol_now() AS now`,
      [userId, minutes],
    );
    await service.query(
      `INSERT INTO upstream_logouts (issuer, jti, expires_at)
       SELECT 'i', $1::text, now + make_interval(mins => $1::int) FROM protocol_now() AS now`,
      [minutes],
    );
  }
  await service.query(
    `INSERT INTO upstream_sign_ins (user_id, id, provider, issuer, subject, methods, created_at)
     SELECT $1, gen_random_uuid(), 'p', 'i', 's', '{}', now - make_interval(mins => minutes)
       FROM protocol_now() AS now, unnest('{1,61}'::int[]) AS minutes`,
    [userId],
  );
  const counts = async () => {
    const [row] = await service.query(
      `SELECT (SELECT count(*)::int FROM upstream_requests) AS requests, (SELECT count(*)::int FROM upstream_codes) AS codes,
              (SELECT count(*)::int FROM upstream_logouts) AS logouts, (SELECT count(*)::int FROM upstream_sign_ins) AS sign_ins`,
    );
    return row;
  };
  expect(await counts()).toEqual({ requests: 1, codes: 2, logouts: 2, sign_ins: 3 });
  const purge = service.app.get(UpstreamPurge, { strict: false });
  await purge.round();
  expect(await counts()).toEqual({ requests: 1, codes: 1, logouts: 1, sign_ins: 2 });
  await service.advance(3_601);
  await purge.round();
  // The sign-in of the session stays as long as the session.
  expect(await counts()).toEqual({ requests: 0, codes: 0, logouts: 0, sign_ins: 1 });
});

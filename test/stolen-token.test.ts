// What a refresh token that was copied just after its use is worth within the grace (SECURITY.md, "The grace window").
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, call, me, mobile, refresh } from './support/client.js';
import { type Service, startService } from './support/service.js';

const thief = { 'user-agent': 'another machine' };

describe.each([
  { grace: 60, which: 'by default', settings: {} },
  { grace: 300, which: 'at most', settings: { REFRESH_GRACE_SECONDS: '300' } },
])('a stolen token and a grace of $grace seconds, as it is $which:', ({ grace, settings }) => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(settings);
  });
  afterAll(() => service.stop());

  /** As if the last rotation of the session had been so long ago. */
  const later = (sessionId: string, seconds: number) =>
    service.query('UPDATE refresh_tokens SET rotated_at = rotated_at - make_interval(secs => $2) WHERE id = $1', [
      sessionId,
      seconds,
    ]);
  const events = (sessionId: string, event: string) =>
    service.log.filter((line) => line['event'] === event && line['sessionId'] === sessionId);

  it('within the grace its thief gets the successor that the owner has, no session of their own, and stands in the log', async () => {
    const owner = await mobile(service.url);
    const own = await refresh(service.url, owner.refreshToken);
    await later(owner.session.id, grace - 5);
    const stolen = await refresh(service.url, owner.refreshToken, thief);
    expect(stolen.json).toMatchObject({ refreshToken: own.json['refreshToken'], session: own.json['session'] });
    expect(events(owner.session.id, 'refresh.replayed')).toMatchObject([{ sameOrigin: false }]);
  });

  it('after the grace it ends the session for both, with an alert, and the access token of the thief dies too', async () => {
    const owner = await mobile(service.url);
    const own = await refresh(service.url, owner.refreshToken);
    const stolen = await refresh(service.url, owner.refreshToken, thief);
    await later(owner.session.id, grace + 1);
    expect((await refresh(service.url, owner.refreshToken, thief)).json['code']).toBe('refresh_token_reused');
    for (const { json } of [own, stolen])
      expect((await me(service.url, json['accessToken'])).json['code']).toBe('token_revoked');
    expect(events(owner.session.id, 'refresh.reused')).toHaveLength(1);
  });

  it('replays do not prolong the grace: it counts from the refresh of the owner', async () => {
    const owner = await mobile(service.url);
    await refresh(service.url, owner.refreshToken);
    for (const step of [grace / 2, grace / 2 - 5]) {
      await later(owner.session.id, step);
      expect((await refresh(service.url, owner.refreshToken, thief)).status).toBe(200);
    }
    await later(owner.session.id, 6);
    expect((await refresh(service.url, owner.refreshToken, thief)).json['code']).toBe('refresh_token_reused');
  });

  it.each(['the thief', 'the owner'])('whichever comes a grace after the other is found out: here %s', async (late) => {
    const owner = await mobile(service.url);
    const own = await refresh(service.url, owner.refreshToken);
    await refresh(service.url, owner.refreshToken, thief); // the thief is on the same generation now
    const [first, second] = late === 'the thief' ? [{}, thief] : [thief, {}];
    const next = await refresh(service.url, own.json['refreshToken'], first);
    expect(next.status).toBe(200);
    await later(owner.session.id, grace + 1);
    expect((await refresh(service.url, own.json['refreshToken'], second)).json).toMatchObject({ session: 'ended' });
    expect((await refresh(service.url, next.json['refreshToken'], first)).json).toMatchObject({ session: 'ended' });
    expect(events(owner.session.id, 'refresh.reused')).toHaveLength(1);
  });

  it('a thief who comes within the grace after every refresh stays in, which nothing but the log of replays shows', async () => {
    const owner = await mobile(service.url);
    let token = owner.refreshToken;
    for (const generation of [1, 2, 3]) {
      const own = await refresh(service.url, token);
      await later(owner.session.id, grace - 5);
      const stolen = await refresh(service.url, token, thief);
      expect(stolen.json['session'].generation).toBe(generation);
      token = own.json['refreshToken'] as string;
    }
    expect(events(owner.session.id, 'refresh.replayed')).toHaveLength(3);
    expect(events(owner.session.id, 'refresh.reused')).toEqual([]);
  });

  it('and a logout of the owner takes everything from the thief, within the grace as well', async () => {
    const owner = await mobile(service.url);
    const own = await refresh(service.url, owner.refreshToken);
    const stolen = await refresh(service.url, owner.refreshToken, thief);
    const out = await call(service.url, 'POST', '/auth/logout', {
      headers: bearer(own.json['accessToken']),
      body: {},
    });
    expect(out.status).toBe(204);
    expect((await me(service.url, stolen.json['accessToken'])).json['code']).toBe('token_revoked');
    for (const token of [owner.refreshToken, stolen.json['refreshToken'] as string])
      expect((await refresh(service.url, token, thief)).json).toMatchObject({ session: 'ended' });
  });

  it('an older token that came back into a jar shows by its generation: healed at once, a reuse at the next refresh', async () => {
    const browser = await mobile(service.url);
    const older = await refresh(service.url, browser.refreshToken); // this answer is late
    const newer = await refresh(service.url, older.json['refreshToken']);
    expect([older, newer].map(({ json }) => json['session'].generation)).toEqual([1, 2]);
    const healed = await refresh(service.url, older.json['refreshToken']);
    expect(healed.json).toMatchObject({ refreshToken: newer.json['refreshToken'], session: { generation: 2 } });
    await later(browser.session.id, grace + 1);
    expect((await refresh(service.url, older.json['refreshToken'])).json['code']).toBe('refresh_token_reused');
  });
});

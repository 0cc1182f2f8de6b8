// The metrics of the service, which identify nobody.
import { expect, it } from 'vitest';
import { call, mobile, refresh } from './support/client.js';
import { freePort } from './support/process.js';
import { startServiceForTest } from './support/service.js';

it('the metrics count requests, refreshes, ended sessions and spurious logouts, and identify nobody', async () => {
  const port = await freePort();
  const service = await startServiceForTest({ METRICS_PORT: String(port) });
  const metrics = async () => (await call(`http://127.0.0.1:${port}`, 'GET', '/metrics')).text;
  // A series that begins at 1 has never grown, as Prometheus sees it: no alert would notice the first theft.
  expect(await metrics()).toContain('watchword_refreshes_total{outcome="reused_likely_theft"} 0');
  const phone = await mobile(service.url);
  const second = (await refresh(service.url, phone.refreshToken)).json;
  await refresh(service.url, phone.refreshToken);
  await refresh(service.url, second['refreshToken']);
  await refresh(service.url, phone.refreshToken);
  expect(await metrics()).toMatch(/^watchword_spurious_logouts_total 0$/m);
  const again = await mobile(service.url, phone.person);
  await call(service.url, 'POST', '/auth/logout', { body: { refreshToken: again.refreshToken } });

  const text = await metrics();
  for (const line of [
    'watchword_refreshes_total{outcome="rotated"} 2',
    'watchword_refreshes_total{outcome="replayed"} 1',
    'watchword_refreshes_total{outcome="reused_copied_client"} 1',
    'watchword_sessions_ended_total{reason="reuse"} 1',
    'watchword_sessions_ended_total{reason="logout"} 1',
    'watchword_logins_total{outcome="succeeded"} 2',
    'watchword_spurious_logouts_total 1',
    'watchword_password_hashes{state="waiting"} 0',
    'watchword_http_request_seconds_count{method="POST",route="/auth/refresh",status="200"} 3',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/watchword_database_connections\{state="open"\} [1-9]/);
  expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds/);
  expect(text).not.toMatch(new RegExp(`${phone.user.id}|${phone.session.id}|${phone.person.email}|wrt_|eyJ`));
  expect((await call(service.url, 'GET', '/metrics')).status).toBe(404);
});

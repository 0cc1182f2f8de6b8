// The page at /docs, without a browser.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './support/client.js';
import { type Service, startService, startServiceForTest } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

describe('the page of the document', () => {
  it('has no script, and no style but its own', async () => {
    const { headers, text } = await call(service.url, 'GET', '/docs');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none';style-src 'sha256-[\w+/=]+';base-uri 'none';form-action 'none'/);
    expect(policy).not.toContain('unsafe');
    expect(text).not.toMatch(/<script|style=|onload=/i);
  });

  it('does not exist with API_DOCS=off, while the document does', async () => {
    const quiet = await startServiceForTest({ API_DOCS: 'off' });
    expect((await call(quiet.url, 'GET', '/docs')).json['code']).toBe('not_found');
    expect((await call(quiet.url, 'GET', '/openapi.json')).status).toBe(200);
  });
});

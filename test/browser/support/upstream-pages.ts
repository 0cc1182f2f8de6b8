// A service with a real provider, and what a person does at that provider.
import type { Page } from 'playwright-core';
import { freePort } from '../../support/process.js';
import { type Service, startService } from '../../support/service.js';
import { openUpstream, type Upstream } from '../../support/upstream-provider.js';
import { withProviders } from '../../support/upstream-way.js';

export interface World {
  readonly service: Service;
  readonly issuer: string;
  readonly upstream: Upstream;
  /** Where the provider is. */
  readonly host: string;
  stop(): Promise<void>;
}

/**
 * The provider is at another site (127.0.0.1) than the service (localhost).
 * @param entry overrides the provider's entry in the file
 * @param others further entries
 */
export async function startWorld(
  entry: object = {},
  { others = [], settings = {} }: { others?: object[]; settings?: Record<string, string> } = {},
): Promise<World> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const upstream = await openUpstream([`${issuer}/auth/upstream/authentik/callback`]);
  const entries = [{ ...upstream.entry, ...entry }, ...others.map((other) => ({ ...upstream.entry, ...other }))];
  const service = await withProviders(entries, (known) =>
    startService({ ...known, PORT: String(port), PUBLIC_URL: issuer, ...settings }),
  );
  return {
    ...{ service, issuer, upstream, host: new URL(upstream.issuer).host },
    async stop() {
      await service.stop();
      await upstream.close();
    },
  };
}

/** At the provider, by keyboard. */
export async function logIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.keyboard.press('Enter');
}

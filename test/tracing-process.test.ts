// Tracing in a whole process: nothing of it is loaded while it is off, and it holds up no stop.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { call } from './support/client.js';
import { startReceiver } from './support/otlp.js';
import { checkout, start, untilReady } from './support/process.js';

/** The parts of the bundle that hold spans or how they are sent. prom-client itself brings OpenTelemetry's empty API. */
const isTracing = (text: string) => /sdk-trace|otlp-exporter-base|src\/tracing/.test(text.replaceAll('\\\n', ''));

/** @returns the files that a process has loaded, as V8 reports at its end */
async function loadedBy(folder: string, settings: Record<string, string>): Promise<string[]> {
  const coverage = join(folder, 'coverage');
  const run = await untilReady(await start(folder, { settings: { ...settings, NODE_V8_COVERAGE: coverage } }));
  await call(run.url, 'POST', '/auth/refresh', { body: {} });
  run.process.kill('SIGTERM');
  expect(await run.exited).toBe(0);
  return readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url).filter((url) => url.includes('/dist/bundle/'));
  });
}

it('loads nothing of tracing while it is off, and sends the last spans at the end while it is on', async () => {
  const [off, on] = [checkout(), checkout()];
  const spansIn = (urls: string[]) => urls.filter((url) => isTracing(readFileSync(new URL(url), 'utf8')));
  const receiver = await startReceiver();
  const without = await loadedBy(off, {});
  expect(without.length).toBeGreaterThan(2);
  expect(spansIn(without)).toEqual([]);
  expect(spansIn(await loadedBy(on, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })).length).toBeGreaterThan(0);
  expect(receiver.named('POST /auth/refresh')).toHaveLength(1);
});

it('stops in time while the receiver of traces says nothing', async () => {
  const receiver = await startReceiver();
  receiver.answer = 'hang';
  const folder = checkout();
  const run = await untilReady(await start(folder, { settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } }));
  await call(run.url, 'POST', '/auth/refresh', { body: {} });
  run.process.kill('SIGTERM');
  expect(await run.exited).toBe(0); // 1: the limit of a stop was reached (main.ts)
  expect(receiver.posts.length).toBeGreaterThan(0);
});

// The OpenAPI document, driven against the running service by a contract tester that others wrote.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { somebody } from '../support/client.js';
import { type Service, startService } from '../support/service.js';
import { addService, basic } from '../support/services.js';

const TESTER = 'node_modules/@redocly/cli/bin/cli.js';
const WORKFLOWS = 'test/interop/contract.arazzo.yaml';
const folder = mkdtempSync(join(tmpdir(), 'watchword-contract-'));
let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

/** @returns its exit code and what it wrote */
async function drive(workflows: string): Promise<{ code: number; output: string }> {
  const { authorization } = basic(await addService(service));
  const inputs = Object.entries({ ...somebody(), service: authorization }).map(([name, value]) => `${name}=${value}`);
  const args = [
    TESTER,
    'respect',
    workflows,
    '-S',
    `watchword=${service.url}`,
    ...inputs.flatMap((each) => ['-i', each]),
  ];
  return new Promise((done) => {
    const environment = { ...process.env, REDOCLY_TELEMETRY: 'off', NO_COLOR: '1' };
    execFile(process.execPath, args, { env: environment, timeout: 60_000 }, (error, stdout, stderr) =>
      done({ code: error ? 1 : 0, output: stdout + stderr }),
    );
  });
}

it('a contract tester of others finds every answer as the document says', async () => {
  const { code, output } = await drive(WORKFLOWS);
  expect([code, output]).toEqual([0, expect.stringMatching(/Steps: (\d+) passed, \1 total/)]);
});

it('the same tester finds an answer that the document does not allow', async () => {
  const document = readFileSync('docs/openapi.json', 'utf8').replaceAll('"sessionId"', '"another"');
  writeFileSync(join(folder, 'openapi.json'), document);
  const workflows = join(folder, 'contract.arazzo.yaml');
  writeFileSync(workflows, readFileSync(WORKFLOWS, 'utf8').replace('../../docs/openapi.json', './openapi.json'));
  const { code, output } = await drive(workflows);
  expect([code, output]).toEqual([1, expect.stringContaining("must have required property 'another'")]);
});

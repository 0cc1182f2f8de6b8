// A real Prometheus that reads a service each second, with the rules as they are but faster.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { assertPrometheus } from './promtool.js';
import { dieWithParent, freePort } from './redis-process.js';
import { until } from './until.js';

/** What takes a minute there takes two seconds in a test. */
const FASTER = 30;
/** Two scrapes at least, with one to spare. */
const SHORTEST_WINDOW = 4;

/** @returns the rules as they are, with shorter windows and waits */
export function hastened(rules: string): string {
  const seconds = (number: string, unit: string) => (Number(number) * { s: 1, m: 60, h: 3_600 }[unit]!) / FASTER;
  return rules
    .replaceAll(
      /\[(\d+)([smh])\]/g,
      (_, n: string, unit: string) => `[${Math.max(SHORTEST_WINDOW, seconds(n, unit))}s]`,
    )
    .replaceAll(/ for: (\d+)([smh])/g, (_, n: string, unit: string) => ` for: ${Math.round(seconds(n, unit))}s`);
}

export interface Prometheus {
  /** @returns a line for each series that has a value now */
  query(expr: string): Promise<{ labels: Record<string, string>; value: number }[]>;
  /** The alerts that fire now, or did within the last seconds. */
  fired(withinSeconds?: number): Promise<string[]>;
}

/** Reads the metrics at the address each second; for one test. */
export async function startPrometheus(target: string, rules: string): Promise<Prometheus> {
  assertPrometheus();
  const folder = mkdtempSync(join(tmpdir(), 'watchword-prometheus-'));
  const port = await freePort();
  const scrape = { job_name: 'watchword', static_configs: [{ targets: [target] }] };
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: [scrape],
  };
  writeFileSync(join(folder, 'rules.yml'), rules);
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
  const [command, ...before] = [...dieWithParent(), 'prometheus'];
  const args = [`--config.file=${join(folder, 'prometheus.yml')}`, `--storage.tsdb.path=${join(folder, 'data')}`];
  const listen = [`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'];
  const child = spawn(command, [...before, ...args, ...listen], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise((done) => child.once('close', done));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await until('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok).catch((error: unknown) => {
    throw new Error(log, { cause: error });
  });
  const query: Prometheus['query'] = async (expr) => {
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) });
    const { data, error } = (await answer.json()) as { data?: { result: Series[] }; error?: string };
    if (!data) throw new Error(`${expr}: ${error}`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
  return {
    query,
    async fired(withinSeconds = 0) {
      const alerts = 'ALERTS{alertstate="firing"}';
      const range = withinSeconds === 0 ? alerts : `count_over_time(${alerts}[${Math.ceil(withinSeconds)}s])`;
      const found = await query(`count by (alertname) (${range})`);
      return found.map(({ labels }) => labels['alertname'] ?? '').toSorted();
    },
  };
}

interface Series {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

// `npm run lint:monitoring` notices what it is there for.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const lint = (...args: string[]) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/lint-monitoring.ts', ...args], { encoding: 'utf8' });

it('an alert without a runbook or a test, one that fires too early, and a figure that does not exist are found', () => {
  expect(lint()).toMatchObject({ status: 0, stderr: '' });
  const folder = mkdtempSync(join(tmpdir(), 'watchword-lint-monitoring-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const part of ['deploy', 'docs/operations']) cpSync(part, join(folder, part), { recursive: true });
  const change = (file: string, from: string | RegExp, to: string) => {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(from);
    writeFileSync(path, text.replace(from, to));
  };
  const rules = 'deploy/prometheus/watchword.rules.yml';
  change(rules, 'runbook: docs/operations/mail.md#mail-does-not-leave', 'runbook: docs/operations/mail.md#post');
  change(rules, 'alert: WatchwordFeedFull', 'alert: WatchwordFeedOverfull');
  change(rules, 'watchword_spurious_logouts_total', 'watchword_false_logouts_total');
  change(rules, 'abs(watchword_clock_skew_seconds) > 5', 'abs(watchword_clock_skew_seconds) > 0.1');
  change('deploy/grafana/watchword.json', 'watchword_mail_queue', 'watchword_mails_waiting');
  change('deploy/grafana/watchword.json', 'sum by (kind) (rate(', 'sum by (kind) rate((');
  const { status, stderr } = lint(folder);
  expect(status).toBe(1);
  for (const problem of [
    /WatchwordMailStuck: needs the row of docs\/operations\/monitoring\.md that leads to docs\/operations\/mail\.md#post/,
    /WatchwordFeedOverfull: needs a test in .* in which it fires/,
    /monitoring\.md names WatchwordFeedFull, no alert/,
    /WatchwordSpuriousLogouts reads watchword_false_logouts_total, which docs\/operations\/metrics\.md does not name/,
    /promtool test rules .*WatchwordClockSkew/s,
    /"Mails that wait" reads watchword_mails_waiting/,
    /promtool check rules .*parse error/s,
  ]) {
    expect(stderr).toMatch(problem);
  }
});

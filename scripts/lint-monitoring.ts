// Checks the alerts and the dashboard. promtool (Debian's `prometheus`) runs the tests of the rules and reads the queries.
// Each alert has a severity, a sentence, a test in which it fires, and the row of docs/operations/monitoring.md that leads
// to its runbook (check-links.mjs finds a heading that is missing). Each figure is one of docs/operations/metrics.md.
// Usage: tsx scripts/lint-monitoring.ts [folder]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { assertPrometheus, queriesOf } from '../test/support/promtool.js';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity?: string };
  readonly annotations?: { readonly summary?: string; readonly runbook?: string };
}

interface RuleTest {
  readonly promql_expr_test: readonly { readonly exp_samples: readonly { readonly labels: string }[] }[];
}

const root = process.argv[2] ?? '.';
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const problems: string[] = [];
const check = (isFine: boolean, problem: string) => isFine || problems.push(problem);

const RULES = 'deploy/prometheus/watchword.rules.yml';
const TESTS = 'deploy/prometheus/watchword.tests.yml';
const DASHBOARD = 'deploy/grafana/watchword.json';
const PAGE = 'docs/operations/monitoring.md';

function promtool(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  check(status === 0, `promtool ${args.join(' ')}: ${stdout}${stderr}`.trim());
}

/** The rows of the page: alert, severity, and the link to what is to be done. */
function rowsOf(page: string): Map<string, { severity: string; runbook: string }> {
  const rows = page.matchAll(/^\| `(Watchword\w+)`\s*\| (\w+)\s*\|.*\]\(([^)#]*)#([^)]+)\)\s*\|$/gm);
  return new Map(
    [...rows].map(([, name = '', severity = '', file = '', heading = '']) => [
      name,
      { severity, runbook: `docs/operations/${file === '' ? 'monitoring.md' : file}#${heading}` },
    ]),
  );
}

function lintAlert(rule: Alert, rows: ReturnType<typeof rowsOf>, fired: ReadonlySet<string | undefined>): void {
  const say = (isFine: boolean, problem: string) => check(isFine, `${RULES} ${rule.alert}: ${problem}`);
  const { severity = '' } = rule.labels ?? {};
  const { summary = '', runbook } = rule.annotations ?? {};
  say(['critical', 'warning'].includes(severity), 'needs a severity, critical or warning');
  say(rule.for !== undefined, 'needs a `for`; 0s fires at once');
  say(/^.{20,160}\.$/.test(summary), 'needs a summary, which is a sentence');
  const row = rows.get(rule.alert);
  say(row?.severity === severity && row.runbook === runbook, `needs the row of ${PAGE} that leads to ${runbook}`);
  say(fired.has(rule.alert), `needs a test in ${TESTS} in which it fires`);
}

/** What Prometheus itself and the runtime add; the endings of a histogram are not part of a name. */
function lintFigures(where: string, expression: string, known: ReadonlySet<string | undefined>): void {
  const withoutTexts = expression.replaceAll(/"[^"]*"/g, '');
  const names = withoutTexts.match(/\b(up|ALERTS|(?:watchword|process|nodejs)_\w+)\b/g) ?? [];
  check(names.length > 0, `${where} reads no figure: ${expression}`);
  for (const name of names.filter((each) => each.startsWith('watchword_'))) {
    const isKnown = known.has(name) || known.has(name.replace(/_(bucket|count|sum)$/, ''));
    check(isKnown, `${where} reads ${name}, which docs/operations/metrics.md does not name`);
  }
}

assertPrometheus();
const known = new Set([...read('docs/operations/metrics.md').matchAll(/`(watchword_\w+)/g)].map(([, name]) => name));
const rules = parse(read(RULES)) as { groups: { rules: Alert[] }[] };
const alerts = rules.groups.flatMap((group) => group.rules);
const { tests } = parse(read(TESTS), { maxAliasCount: -1 }) as { tests: RuleTest[] };
const samples = tests.flatMap((test) => test.promql_expr_test.flatMap(({ exp_samples }) => exp_samples));
const fired = new Set(samples.map(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1]));
const rows = rowsOf(read(PAGE));
for (const rule of alerts) {
  lintAlert(rule, rows, fired);
  lintFigures(`${RULES} ${rule.alert}`, rule.expr, known);
}
for (const name of rows.keys())
  check(
    alerts.some(({ alert }) => alert === name),
    `${PAGE} names ${name}, no alert`,
  );
const queries = queriesOf(read(DASHBOARD));
for (const { title, expr } of queries) lintFigures(`${DASHBOARD} "${title}"`, expr, known);

promtool('check', 'config', join(root, 'deploy/prometheus/prometheus.yml'));
promtool('test', 'rules', join(root, TESTS));
// promtool reads rules only, so each query of the dashboard becomes one.
const folder = mkdtempSync(join(tmpdir(), 'watchword-monitoring-'));
const records = queries.map(({ expr }, at) => ({ record: `query:${at}`, expr }));
writeFileSync(join(folder, 'queries.yml'), stringify({ groups: [{ name: 'dashboard', rules: records }] }));
promtool('check', 'rules', join(folder, 'queries.yml'));
rmSync(folder, { recursive: true });

for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
else process.stdout.write(`${alerts.length} alerts and ${queries.length} queries of the dashboard are sound\n`);

// Debian's promtool and Prometheus, and the queries of the dashboard.
import { spawnSync } from 'node:child_process';
import { installFromDebian } from './debian.js';

const answers = () => ['promtool', 'prometheus'].every((program) => spawnSync(program, ['--version']).status === 0);

/** @throws Error that says what to install, where it may not be installed */
export function assertPrometheus(): void {
  if (answers() || (installFromDebian('prometheus') && answers())) return;
  throw new Error('promtool and prometheus are not on the PATH: install them (Debian: apt-get install prometheus)');
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

/** @returns the queries of each panel, with what Grafana puts in for its variables */
export function queriesOf(dashboard: string, window = '5m'): { title: string; expr: string }[] {
  const { panels } = JSON.parse(dashboard) as Dashboard;
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll('$__rate_interval', window).replaceAll('$instance', '.*'),
    })),
  );
}

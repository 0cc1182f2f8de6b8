// The manifests of deploy/kubernetes/, as far as they can be checked without a cluster.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Config } from '../src/config/config.js';
import { containersOf, type Manifest, render } from './support/kustomize.js';

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-kubernetes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const lint = (folder: string) =>
  spawnSync(process.execPath, ['--import', 'tsx', 'scripts/lint-kubernetes.ts', folder], { encoding: 'utf8' });

it('the manifests are sound, and the check notices a wrong field, a privilege and a lost reference', () => {
  const folder = temporary();
  cpSync('deploy/kubernetes', folder, { recursive: true });
  expect(lint(folder)).toMatchObject({ status: 0, stderr: '' });
  const change = (file: string, from: string, to: string) => {
    const path = join(folder, 'base', file);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain(from);
    writeFileSync(path, text.replace(from, to));
  };
  change('migrate.yaml', 'activeDeadlineSeconds: 600', 'activeDeadlineSecond: 600');
  change('deployment.yaml', 'terminationGracePeriodSeconds: 15', 'terminationGracePeriodSeconds: 5');
  change('deployment.yaml', 'failureThreshold: 30', "failureThreshold: 'thirty'");
  change('deployment.yaml', 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false');
  change('deployment.yaml', 'path: /health/ready', 'path: /ready');
  change('deployment.yaml', 'secretName: watchword,', 'secretName: watchword-owner,');
  change('service.yaml', 'targetPort: http', 'targetPort: web');
  change('disruption-budget.yaml', 'component: service', 'component: web');
  change('settings.env', 'DRAIN_SECONDS=5', 'DRAIN_SECOND=5\nDATABASE_URL=postgres://watchword:secret@db/watchword');
  const { status, stderr } = lint(folder);
  expect(status).toBe(1);
  for (const problem of [
    /Job watchword-migrate: .*activeDeadlineSecond.* does not exist/,
    /Deployment watchword: "failureThreshold": "thirty".*not assignable to type 'number'/,
    /Deployment watchword: is killed while it ends/,
    /Deployment watchword: needs readOnlyRootFilesystem/,
    /Deployment watchword: readinessProbe must ask \/health\/ready/,
    /Deployment watchword: must not have the owner's password/,
    /Service: no container has the port web/,
    /PodDisruptionBudget watchword: selects not one kind of pod/,
    /ConfigMap watchword-settings: DRAIN_SECOND is no setting/,
    /ConfigMap watchword-settings: DATABASE_URL holds a password/,
  ]) {
    expect(stderr).toMatch(problem);
  }
});

/** The environment of a pod, with its secrets in a folder instead of /run/secrets. */
function environmentOf(kind: string, secrets: string): Record<string, string> {
  const manifests = render('deploy/kubernetes/example');
  const settings = manifests.find((each) => each['kind'] === 'ConfigMap')?.['data'] as Record<string, string>;
  const [container = {}] = containersOf(manifests.find((each) => each['kind'] === kind) as Manifest);
  const ofPod = { 'status.podIP': '10.12.0.7' } as Record<string, string>;
  const own = (container['env'] as Manifest[]).map(({ name, value, valueFrom }) => {
    const { fieldRef, configMapKeyRef } = valueFrom ?? {};
    return [name, value ?? (fieldRef ? ofPod[fieldRef.fieldPath] : settings[configMapKeyRef.key])] as const;
  });
  const given = { NODE_ENV: 'production', HOST: '0.0.0.0', ...(container['envFrom'] ? settings : {}) };
  const all = Object.entries({ ...given, ...Object.fromEntries(own) }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(all.map(([name, value]) => [name, String(value).replace('/run/secrets', secrets)]));
}

it('production accepts the settings of both pods, and only the migration has the password of the owner', () => {
  const secrets = temporary();
  const [url, owner] = ['watchword', 'watchword_owner'].map((role) => `postgres://${role}:a1@db/w?sslmode=verify-full`);
  for (const name of ['watchword', 'watchword-owner']) cpSync('LICENSE', join(secrets, name, 'LICENSE'));
  writeFileSync(join(secrets, 'watchword/database-url'), `${url}\n`);
  writeFileSync(join(secrets, 'watchword/redis-url'), 'rediss://:a1@redis:6379\n');
  writeFileSync(join(secrets, 'watchword-owner/database-owner-url'), `${owner}\n`);
  const service = Config.fromEnv(environmentOf('Deployment', secrets));
  expect(service).toMatchObject({ isProduction: true, DATABASE_URL: url, METRICS_PORT: 9464, DRAIN_SECONDS: 5 });
  expect(service.DATABASE_OWNER_URL).toBeUndefined();
  const migration = Config.fromEnv(environmentOf('Job', secrets), {}, 'cli');
  expect(migration).toMatchObject({ isProduction: true, DATABASE_URL: url, DATABASE_OWNER_URL: owner });
  expect(migration.REDIS_URL).toBeUndefined();
});

// Checks deploy/kubernetes/ without a cluster: each manifest against the types that Kubernetes publishes, where an unknown
// field is an error, and against our own rules: nothing privileged, what refers to something finds it, probes that fit.
// Usage: tsx scripts/lint-kubernetes.ts [folder with base and example]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containersOf, type Manifest, podOf, render } from '../test/support/kustomize.js';
import { typeErrorsOf } from './kubernetes-types.js';

const folder = process.argv[2] ?? 'deploy/kubernetes';
/** The operator makes them: docs/operations/kubernetes.md. */
const SECRETS = { watchword: 'service', 'watchword-owner': 'migrate' } as const;
/** src/main.ts: after so many seconds the service has ended, however many requests are in flight. */
const STOP_SECONDS = 9.5;

const problems: string[] = [];
const manifests = render(join(folder, 'example'));
const settings = new Set(
  [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => name),
);
const ofKind = (kind: string) => manifests.filter((manifest) => manifest['kind'] === kind);
const named = (kind: string, name: string) => ofKind(kind).find(({ metadata }) => metadata.name === name);

for (const manifest of manifests) {
  const where = `${manifest['kind']} ${manifest['metadata'].name}`;
  const say = (isFine: unknown, problem: string) => isFine || problems.push(`${where}: ${problem}`);
  for (const error of typeErrorsOf(manifest)) say(false, error);
  if (podOf(manifest)) judgePod(manifest, say);
  const selector = manifest['spec']?.selector ?? manifest['spec']?.podSelector;
  if (selector) say(podsOf(selector.matchLabels ?? selector).length === 1, 'selects not one kind of pod');
  if (manifest['kind'] === 'ConfigMap') judgeSettings(manifest['data'], say);
}

type Say = (isFine: unknown, problem: string) => unknown;

function podsOf(labels: Manifest): Manifest[] {
  const matches = (pod: Manifest) =>
    Object.entries(labels).every(([key, value]) => pod['metadata'].labels[key] === value);
  return manifests.filter((manifest) => {
    const pod = podOf(manifest);
    return pod && matches(pod);
  });
}

function judgePod(manifest: Manifest, say: Say): void {
  const spec = podOf(manifest)?.['spec'] as Manifest;
  say(spec['automountServiceAccountToken'] === false, 'must not mount a token');
  say(spec['enableServiceLinks'] === false, 'must not receive variables that look like settings');
  say(named('ServiceAccount', spec['serviceAccountName']), 'its ServiceAccount does not exist');
  say(spec['securityContext']?.runAsNonRoot === true, 'needs runAsNonRoot');
  const { type } = spec['securityContext']?.seccompProfile ?? {};
  say(type === 'RuntimeDefault', 'needs seccompProfile RuntimeDefault');
  say(spec['securityContext']?.runAsUser === undefined, 'must name no user: OpenShift chooses one');
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) say(spec[key] === undefined, `must not have ${key}`);
  for (const { secret, emptyDir } of spec['volumes'])
    say(emptyDir?.medium === 'Memory' ? emptyDir.sizeLimit : secret, 'a volume is neither memory nor a secret');
  const [component] = [podOf(manifest)?.['metadata'].labels['app.kubernetes.io/component']];
  for (const { secret } of spec['volumes'].filter((volume: Manifest) => volume['secret'])) {
    const owner = SECRETS[secret.secretName as keyof typeof SECRETS];
    say(owner, `the Secret ${secret.secretName} is not documented`);
    say(owner !== 'migrate' || component === 'migrate', "must not have the owner's password");
    say(secret.defaultMode === 0o444, 'a secret must be readable by whichever user the pod has');
  }
  if (component === 'service') say(spec['terminationGracePeriodSeconds'] > STOP_SECONDS, 'is killed while it ends');
  for (const container of containersOf(manifest)) judgeContainer(container, spec, say);
}

function judgeContainer(container: Manifest, spec: Manifest, say: Say): void {
  const context = container['securityContext'] ?? {};
  say(context.readOnlyRootFilesystem === true, 'needs readOnlyRootFilesystem');
  say(context.allowPrivilegeEscalation === false && !context.privileged, 'must gain no privileges');
  say(context.capabilities?.drop?.join() === 'ALL' && !context.capabilities.add, 'must drop all capabilities');
  say(container['resources']?.requests?.memory && container['resources'].limits?.memory, 'needs memory limits');
  say(/:(?!latest$)[\w.-]+$|@sha256:[0-9a-f]{64}$/.test(container['image']), 'its image needs a tag');
  for (const { name } of container['volumeMounts'] ?? [])
    say(
      spec['volumes'].some((volume: Manifest) => volume['name'] === name),
      `mounts ${name}, which is no volume`,
    );
  for (const { name, valueFrom } of container['env'] ?? []) {
    say(settings.has(name), `${name} is no setting`);
    const { configMapKeyRef: ref } = valueFrom ?? {};
    if (ref) say(ref.optional || ref.key in (named('ConfigMap', ref.name)?.['data'] ?? {}), `${name} has no value`);
  }
  for (const { configMapRef } of container['envFrom'] ?? [])
    say(named('ConfigMap', configMapRef?.name), 'takes settings from a ConfigMap that does not exist');
  if (!container['ports']) return;
  const paths = { startupProbe: '/health/live', livenessProbe: '/health/live', readinessProbe: '/health/ready' };
  for (const [probe, path] of Object.entries(paths)) {
    const { path: asked, port } = container[probe]?.httpGet ?? {};
    say(asked === path && port === 'http', `${probe} must ask ${path} at the port http`);
  }
}

function judgeSettings(data: Record<string, string>, say: Say): void {
  for (const [name, value] of Object.entries(data)) {
    say(settings.has(name), `${name} is no setting`);
    const isSecret = /(PASSWORD|SECRET|TOKEN|KEY|KEY_PREVIOUS|HEADERS)$|^(DATABASE|DATABASE_OWNER|REDIS|SMTP)_URL$/;
    say(!isSecret.test(name) || name === 'CORS_ALLOWED_HEADERS', `${name} belongs into a Secret`);
    say(!/:\/\/[^/]*:[^/]*@/.test(value), `${name} holds a password`);
  }
}

function judgePorts(): void {
  const ports = ofKind('Deployment').flatMap((each) => containersOf(each).flatMap(({ ports }) => ports as Manifest[]));
  const names = new Set(ports.map(({ name }) => name as string));
  for (const service of ofKind('Service')) {
    for (const { targetPort } of service['spec'].ports) {
      if (targetPort === 'metrics') problems.push('Service: must not publish the metrics');
      if (!names.has(targetPort)) problems.push(`Service: no container has the port ${targetPort}`);
    }
  }
  const published = named('ConfigMap', 'watchword-settings')?.['data']['METRICS_PORT'];
  const metrics = ports.find(({ name }) => name === 'metrics')?.['containerPort'];
  if (String(metrics) !== published) problems.push('the port `metrics` is not METRICS_PORT');
  for (const job of ofKind('Job'))
    if (!podsOf({ 'app.kubernetes.io/component': 'migrate' }).includes(job)) problems.push('the Job is not labelled');
  const guarded = new Set(ofKind('NetworkPolicy').map(({ spec }) => podsOf(spec.podSelector.matchLabels)[0]));
  for (const pods of manifests.filter(podOf))
    if (!guarded.has(pods)) problems.push(`${pods['kind']}: no NetworkPolicy guards its pods`);
}

judgePorts();
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
else process.stdout.write(`${manifests.length} manifests of ${folder} are sound\n`);

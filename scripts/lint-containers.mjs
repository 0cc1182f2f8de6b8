// Checks the container files, as far as that works without a container engine.
// Usage: node scripts/lint-containers.mjs [folder]
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';
import { parse } from 'yaml';

const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
const read = (file) => readFileSync(join(root, file), 'utf8');
const problems = [];
const check = (isFine, problem) => isFine || problems.push(problem);

/** YAML and the Compose schema are always checked; the order of keys is not. */
const composeRules = {
  'no-build-and-image': 2,
  'no-duplicate-container-names': 2,
  'no-duplicate-exported-ports': 2,
  'no-quotes-in-volumes': 2,
  'no-unbound-port-interfaces': 2,
  'no-version-field': 2,
  'require-project-name-field': 2,
  'require-quotes-in-ports': 2,
  'service-container-name-regex': 2,
  'service-image-require-explicit-tag': 2,
  'service-dependencies-alphabetical-order': 0,
  'service-keys-order': 0,
  'service-ports-alphabetical-order': 0,
  'services-alphabetical-order': 0,
  'top-level-properties-order': 0,
};

/** The settings that the service knows. */
const knownSettings = new Set([...read('.env.example').matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => name));

/** Settings that the compose file or the image fixes: an operator who needs another value edits the file. */
const decidedSettings = [
  ...['NODE_ENV', 'HOST', 'PORT'], // by the image
  ...['DATA_DIR', 'DATABASE_OWNER_URL'], // PostgreSQL is a separate service; only `migrate` connects as its owner
  'KEY_ENCRYPTION_KEY', // passed as a file, which no process list shows
  ...['REDIS_SENTINELS', 'REDIS_SENTINEL_NAME', 'REDIS_SENTINEL_PASSWORD', 'REDIS_CLUSTER_NODES'], // by REDIS_URL
  ...['DATABASE_URL_FILE', 'DATABASE_OWNER_URL_FILE', 'REDIS_URL_FILE'], // the compose file makes the URLs
  ...['REDIS_PASSWORD_FILE', 'REDIS_SENTINEL_PASSWORD_FILE'],
  ...['REDIS_USERNAME', 'REDIS_PASSWORD', 'REDIS_TLS', 'REDIS_CA_FILE'],
];

/** Finds forgotten settings: each must be passed on from .env, or fixed. */
function judgeSettings(environment, say) {
  for (const name of decidedSettings) say(knownSettings.has(name), `${name} is decided, but is no setting`);
  for (const name of knownSettings) {
    const isDecided = decidedSettings.includes(name);
    say(isDecided || name in environment, `must pass ${name} on: \${${name}:-}`);
  }
  for (const [key, value] of Object.entries(environment)) {
    const [, variable = key] = /^\$\{(\w+):?-/.exec(value) ?? [];
    say(variable === key, `${key} takes the value of ${variable}`);
  }
}

function lintCompose(file) {
  const linter = new DCLinter({ rules: composeRules, quiet: false, debug: false, exclude: [] });
  for (const { messages } of linter.lintFiles([join(root, file)], false)) {
    for (const { line, message, rule } of messages) problems.push(`${file}:${line} ${message} (${rule})`);
  }
  if (problems.length > 0) return; // further checks need a valid Compose file
  const { services, networks } = parse(read(file), { merge: true });
  check(networks?.internal?.internal === true, `${file} the network \`internal\` must be internal`);
  for (const [name, service] of Object.entries(services)) {
    const say = (isFine, problem) => check(isFine, `${file} service ${name}: ${problem}`);
    judgeHardening(service, say);
    judgeReach(name, service, say);
    judgeEnvironment(service, say);
    if (name === 'watchword') judgeSettings(service.environment, say);
  }
}

function judgeHardening(service, say) {
  say(service.read_only === true, 'needs read_only: true');
  say(service.cap_drop?.includes('ALL') && !service.cap_add, 'needs cap_drop: [ALL] and no cap_add');
  say(service.security_opt?.includes('no-new-privileges:true'), 'needs no-new-privileges');
  say(service.pids_limit > 0 && service.mem_limit, 'needs pids_limit and mem_limit');
  say(service.logging?.options?.['max-size'] && service.logging.options['max-file'], 'needs log rotation');
  say(service.restart, 'needs a restart policy');
  const isOneShot = service.restart === 'no';
  say(isOneShot || (service.healthcheck?.start_period && !service.healthcheck.disable), 'needs a healthcheck');
  const shared = ['privileged', 'devices', 'network_mode', 'pid', 'ipc', 'userns_mode', 'cgroup'];
  for (const key of shared) say(service[key] === undefined, `must not have ${key}`);
}

function judgeReach(name, service, say) {
  const isPublic = name === 'watchword';
  say(isPublic || service.networks?.join() === 'internal', 'belongs on the network `internal` only');
  say(isPublic || !service.ports, 'must not publish a port');
  for (const port of service.ports ?? []) {
    say(/^127\.0\.0\.1:\d+:\d+$/.test(port), `publishes ${port}: only loopback, for the proxy in front`);
    say(!port.endsWith(`:${service.environment.METRICS_PORT}`), 'must not publish the metrics');
  }
  for (const [source, target] of (service.volumes ?? []).map((volume) => volume.split(':'))) {
    if (!source.startsWith('.')) continue;
    say(existsSync(join(root, source)), `mounts ${source}, which does not exist`);
    if (target.startsWith('/docker-entrypoint-initdb.d/') && existsSync(join(root, source))) {
      say(statSync(join(root, source)).mode & 0o111 || process.platform === 'win32', `${source} is not executable`);
    }
  }
}

function judgeEnvironment(service, say) {
  const isOurs = service.image?.startsWith('watchword:');
  for (const [key, value] of Object.entries(service.environment ?? {})) {
    say(!isOurs || knownSettings.has(key), `${key} is not a setting of the service`);
    if (/PASSWORD|AUTH|SECRET|TOKEN/.test(key)) {
      say(/^\$\{\w+:[?-][^}]*\}$/.test(value), `${key} must come from the operator's environment`);
    }
    say(!/:\/\/[^:/]+:(?!\$\{\w+:\?)/.test(value), `${key} holds a password`);
  }
}

/** @returns the instructions of each stage, continued lines joined. */
function stagesOf(dockerfile) {
  const lines = dockerfile
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n');
  const instructions = lines.filter((line) => line.trim() !== '').map((line) => line.trim().split(/\s+/));
  /** @type {{ name: string, rest: string[] }[][]} */
  const stages = [];
  for (const [name, ...rest] of instructions) {
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  return stages;
}

function lintDockerfile(file) {
  const text = read(file);
  for (const { range, message } of validate(text))
    problems.push(`${file}:${range.start.line + 1} ${typeof message === 'string' ? message : message.value}`);
  const stages = stagesOf(text);
  const say = (isFine, problem) => check(isFine, `${file} ${problem}`);
  /** The named stages. */
  const names = new Set();
  for (const { name, rest } of stages.flat()) {
    if (name === 'ADD') say(false, 'use COPY, which neither fetches nor unpacks');
    if (name === 'ENV' || name === 'ARG') {
      say(!/PASSWORD|SECRET|TOKEN|_KEY\b/.test(rest.join(' ')), `${name} ${rest[0]}: a layer keeps it for ever`);
    }
    if (name === 'FROM') {
      say(names.has(rest[0]) || /(:(?!latest\b)[\w.-]+|@sha256:[0-9a-f]{64})$/.test(rest[0]), `${rest[0]} needs a tag`);
      if (rest[1]?.toUpperCase() === 'AS') names.add(rest[2]);
    }
    if (name === 'COPY' && !rest[0].startsWith('--from')) {
      for (const source of rest.slice(0, -1)) judgeSource(source, say);
    }
  }
  const last = stages.at(-1) ?? [];
  const user = last.findLast(({ name }) => name === 'USER')?.rest[0];
  say(/^[1-9]\d*(:[1-9]\d*)?$/.test(user ?? ''), 'the last stage needs a numeric USER that is not root');
  const given = new Set(last.map(({ name }) => name));
  for (const wanted of ['HEALTHCHECK', 'CMD']) say(given.has(wanted), `the last stage needs a ${wanted}`);
  for (const label of ['title', 'description', 'version', 'revision', 'licenses']) {
    say(text.includes(`org.opencontainers.image.${label}=`), `the label org.opencontainers.image.${label} is missing`);
  }
  const { version } = JSON.parse(read('package.json'));
  say(text.includes(`ARG VERSION=${version}\n`), `ARG VERSION must be package.json's ${version}`);
}

function judgeSource(source, say) {
  say(existsSync(join(root, source)), `copies ${source}, which does not exist`);
  const allowed = read('.dockerignore').match(/^!.+$/gm) ?? [];
  const isAllowed = allowed.some((line) => source === line.slice(1) || source.startsWith(`${line.slice(1)}/`));
  say(isAllowed, `copies ${source}, which .dockerignore keeps from the builder`);
}

lintCompose('docker-compose.yml');
lintDockerfile('Dockerfile');
check(/^\*$/m.test(read('.dockerignore')), '.dockerignore must begin by refusing everything');
for (const script of readdirSync(join(root, 'deploy')).filter((name) => name.endsWith('.sh'))) {
  const { status, stderr, error } = spawnSync('bash', ['-n', join(root, 'deploy', script)], { encoding: 'utf8' });
  check(status === 0, `deploy/${script} ${error?.message ?? stderr.trim()}`);
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('docker-compose.yml, Dockerfile, .dockerignore and deploy/*.sh are sound');

// Would test/refresh-model.test.ts notice a broken refresh? Breaks copies of the source, one way each, and expects it to fail.
// Nightly: `node scripts/mutate-refresh.mjs [word of a mutation's name]`. In CI only with --check: does each still fit the code?
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REFRESH = 'src/sessions/refresh.ts';
const FAMILY = 'src/sessions/family.ts';
const ROTATE_EXPIRY = 'expires_at = least(now + make_interval(hours => ${24 * idleDays}), s.absolute_expires_at)';

/** Each edit is [file, what stands there, what a plausible mistake would have left there]; it must fit exactly so often. */
const mutations = {
  'the grace never ends': [
    [FAMILY, 's.rotated_at + make_interval(secs => ${graceSeconds}) > now as is_in_grace', 'true as is_in_grace'],
    [REFRESH, 'and s.rotated_at + make_interval(secs => ${this.config.REFRESH_GRACE_SECONDS}) > now\n', '\n'],
  ],
  'a replay derives a new successor instead of the same': [
    [
      REFRESH,
      'const { rows } = await this.database.execute<{ token: string;',
      `const salt = randomBytes(SALT_BYTES);
       const successor = this.grants.successorOf(token, salt);
       const { rows } = await this.database.execute<{ token: string;`,
    ],
    [
      REFRESH,
      'set replays = s.replays + 1\n',
      'set replays = s.replays + 1, token = ${hashOf(successor)}, ratchet_salt = ${salt}\n',
    ],
    [REFRESH, 'const successor = this.grants.successorOf(token, row.ratchet_salt);', ''],
  ],
  'a replay moves the window': [
    [REFRESH, 'set replays = s.replays + 1\n', 'set replays = s.replays + 1, rotated_at = now\n'],
  ],
  'a reuse does not end its family': [[REFRESH, '\n  revoked = true, revoked_at', '\n  revoked = false, revoked_at']],
  "a reuse ends the user's other sessions too": [
    [REFRESH, 'and family = ${family} and not revoked and (${ends}', 'and not revoked and (${ends}'],
  ],
  'a reuse leaves the access tokens alive': [
    [
      'src/revocation/revocations.ts',
      'from ${source} where ${isWanted}\n',
      'from ${source} where false and ${isWanted}\n',
    ],
  ],
  'a generation ahead of the row is a reuse': [
    [REFRESH, "if (token.generation > seen.generation) throw this.refuse(presented, seen, 'session_state_lost');", ''],
  ],
  'sessions of another epoch live on': [
    [
      FAMILY,
      'and u.disabled_at is null and u.session_epoch = s.session_epoch as is_alive',
      'and u.disabled_at is null as is_alive',
    ],
    [REFRESH, 'and u.disabled_at is null and u.session_epoch = s.session_epoch', 'and u.disabled_at is null', 2],
  ],
  'sessions of a disabled user live on': [
    [FAMILY, 'and u.disabled_at is null and', 'and'],
    [REFRESH, 'and u.disabled_at is null and', 'and', 2],
  ],
  'a session slides past its absolute end': [
    [REFRESH, ROTATE_EXPIRY, 'expires_at = now + make_interval(hours => ${24 * idleDays})'],
  ],
  'a token is taken over either transport': [
    [REFRESH, "if (seen.transport !== transport) throw this.refuse(presented, seen, 'transport_mismatch');", ''],
  ],
  'a rotation forgets the token before it': [
    [REFRESH, 'set previous_token = s.token, token', 'set previous_token = null, token'],
  ],
};

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const tracked = execFileSync(
  'git',
  ['ls-files', '-zco', '--exclude-standard', 'src', 'test', 'drizzle', '*.json', '*.ts'],
  {
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter(Boolean);

const isCheck = process.argv[2] === '--check';
const wanted = isCheck ? '' : (process.argv[2] ?? '');
const missed = [];
if (isCheck) {
  for (const edit of Object.values(mutations).flat()) broken(process.cwd(), edit);
  process.exit(0);
}
for (const [name, edits] of Object.entries(mutations).filter(([name]) => name.includes(wanted))) {
  const verdict = judge(edits);
  console.log(`${verdict.isFound ? 'found ' : 'MISSED'}  ${name}\n          ${verdict.evidence}`);
  if (!verdict.isFound) missed.push(name);
}
if (missed.length > 0) process.exitCode = 1;

function judge(edits) {
  const copy = mkdtempSync(join(tmpdir(), 'watchword-mutant-'));
  try {
    for (const file of tracked) cpSync(file, join(copy, file));
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
    for (const edit of edits) apply(copy, edit);
    const run = spawnSync('npx', ['vitest', 'run', 'test/refresh-model.test.ts', '--no-color'], {
      cwd: copy,
      encoding: 'utf8',
    });
    // Only the property's own verdict counts: a copy that does not even start has found nothing.
    const failure = /Property failed after (\d+) tests?/.exec(run.stdout + run.stderr);
    const steps = /^Counterexample: (.*)$/m.exec(run.stdout + run.stderr)?.[1];
    if (run.status !== 0 && failure)
      return { isFound: true, evidence: `in sequence ${failure[1]}, shrunk to ${steps}` };
    return { isFound: false, evidence: run.status === 0 ? 'every sequence passed' : run.stdout + run.stderr };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function apply(copy, edit) {
  writeFileSync(join(copy, edit[0]), broken(copy, edit));
}

function broken(folder, [file, from, to, times = 1]) {
  const parts = readFileSync(join(folder, file), 'utf8').split(from);
  if (parts.length - 1 !== times) throw new Error(`${file} no longer says ${times} time(s): ${from}`);
  return parts.join(to);
}

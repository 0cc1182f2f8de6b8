// Checks that the tests detect broken protocols: breaks copies of the source (scripts/mutations) and expects failures.
// Nightly: `node scripts/mutate.mjs [word of a mutation's name]`. CI runs --check, which only checks that each one fits the code.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutations as ofAccounts } from './mutations/accounts.mjs';
import { mutations as ofAdmission } from './mutations/admission.mjs';
import { mutations as ofAdmin } from './mutations/admin.mjs';
import { mutations as ofAdminLists } from './mutations/admin-lists.mjs';
import { mutations as ofBoundAccess } from './mutations/bound-access.mjs';
import { mutations as ofBound } from './mutations/bound.mjs';
import { mutations as ofBrowser } from './mutations/browser.mjs';
import { mutations as ofClient } from './mutations/client.mjs';
import { mutations as ofConformance } from './mutations/conformance.mjs';
import { mutations as ofFactors } from './mutations/factors.mjs';
import { mutations as ofFailover } from './mutations/failover.mjs';
import { mutations as ofFeed } from './mutations/feed.mjs';
import { mutations as ofImport } from './mutations/import.mjs';
import { mutations as ofKeys } from './mutations/keys.mjs';
import { mutations as ofLimits } from './mutations/limits.mjs';
import { mutations as ofMail } from './mutations/mail.mjs';
import { mutations as ofModels } from './mutations/models.mjs';
import { mutations as ofPages } from './mutations/pages.mjs';
import { mutations as ofPasskeys } from './mutations/passkeys.mjs';
import { mutations as ofPasswordForms } from './mutations/password-forms.mjs';
import { mutations as ofPoolers } from './mutations/poolers.mjs';
import { mutations as ofRefresh } from './mutations/refresh.mjs';
import { mutations as ofServices } from './mutations/services.mjs';
import { mutations as ofStepUp } from './mutations/stepup.mjs';
import { mutations as ofTracing } from './mutations/tracing.mjs';
import { mutations as ofTransactions } from './mutations/transactions.mjs';
import { mutations as ofUpstream } from './mutations/upstream.mjs';
import { mutations as ofUpstreamAccounts } from './mutations/upstream-accounts.mjs';
import { mutations as ofUpstreamLogout } from './mutations/upstream-logout.mjs';
import { mutations as ofVerifier } from './mutations/verifier.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'));
const patterns = [
  'src',
  'packages',
  'web',
  'test',
  'conformance',
  'drizzle',
  'docs',
  'models',
  'scripts',
  '*.json',
  '*.ts',
];
const tracked = execFileSync('git', ['ls-files', '-zco', '--exclude-standard', ...patterns], { encoding: 'utf8' })
  .split('\0')
  .filter(Boolean);

const mutations = [
  ...ofRefresh,
  ...ofBound,
  ...ofBoundAccess,
  ...ofKeys,
  ...ofLimits,
  ...ofPoolers,
  ...ofMail,
  ...ofModels,
  ...ofAccounts,
  ...ofAdmission,
  ...ofAdmin,
  ...ofAdminLists,
  ...ofFactors,
  ...ofFailover,
  ...ofFeed,
  ...ofImport,
  ...ofServices,
  ...ofUpstreamLogout,
  ...ofVerifier,
  ...ofBrowser,
  ...ofPages,
  ...ofPasskeys,
  ...ofPasswordForms,
  ...ofStepUp,
  ...ofConformance,
  ...ofClient,
  ...ofTracing,
  ...ofTransactions,
  ...ofUpstream,
  ...ofUpstreamAccounts,
];
if (process.argv[2] === '--check') {
  for (const { edits } of mutations) for (const edit of edits) broken(process.cwd(), edit);
} else {
  const missed = mutations.filter(({ name }) => name.includes(process.argv[2] ?? '')).filter((one) => !isFound(one));
  if (missed.length > 0) process.exitCode = 1;
}

function isFound({ name, edits, run, verdict }) {
  const copy = mkdtempSync(join(tmpdir(), 'watchword-mutant-'));
  try {
    for (const file of tracked) cpSync(file, join(copy, file));
    symlinkSync(join(process.cwd(), 'node_modules'), join(copy, 'node_modules'));
    for (const edit of edits) writeFileSync(join(copy, edit[0]), broken(copy, edit));
    const args = ['vitest', 'run', '--no-color', ...run];
    const done = spawnSync('npx', args, { cwd: copy, encoding: 'utf8' });
    const output = done.stdout + done.stderr;
    const evidence = done.status === 0 ? undefined : verdict(output);
    console.log(`${evidence ? 'found ' : 'MISSED'}  ${name}\n          ${evidence ?? lastWords(done.status, output)}`);
    return evidence !== undefined;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function lastWords(status, output) {
  return status === 0 ? 'every test passed' : output.slice(-3_000);
}

function broken(folder, [file, from, to, times = 1]) {
  const parts = readFileSync(join(folder, file), 'utf8').split(from);
  if (parts.length - 1 !== times) throw new Error(`${file} no longer says ${times} time(s): ${from}`);
  return parts.join(to);
}

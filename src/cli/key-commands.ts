// What can an operator do with the signing keys? Looking and revoking need no key-encryption key: an emergency is no time
// to look for one.
import { readFileSync } from 'node:fs';
import type { INestApplicationContext } from '@nestjs/common';
import { Config } from '../config/config.js';
import { objectionTo, readSigningKey } from '../keys/key-import.js';
import { KeyStore } from '../keys/key-store.js';
import { Rewrap } from '../keys/rewrap.js';
import {
  isObjection,
  nextRotationAt,
  type Objection,
  planImport,
  planRevocation,
  planRotation,
  policyOf,
} from '../keys/rotation.js';
import { stateOf } from '../keys/signing-key.js';
import { type Decide, type Plan, SigningKeys, type Snapshot } from '../keys/signing-keys.js';
import type { Command, Options } from './commands.js';
import {
  at,
  sentenceOfImport,
  sentenceOfKey,
  sentenceOfObjection,
  sentenceOfRevocation,
  sentenceOfRotation,
} from './key-sentences.js';

/** These open or seal, and want the key-encryption key. */
export const commandsWithKey = new Set(['keys rotate', 'keys import', 'keys rewrap']);

export const keyCommands: Readonly<Record<string, Command>> = {
  'keys list': async (app, options) => {
    const { keys, now } = await app.get(SigningKeys).load();
    const policy = policyOf(app.get(Config));
    const shown = keys
      .filter((key) => options.all || stateOf(key, now) !== 'removed')
      .toSorted((a, b) => turnOf(a) - turnOf(b) || a.publishedAt.getTime() - b.publishedAt.getTime());
    const list = shown.map(({ privateSealed: _sealed, publicJwk, ...key }) => ({
      ...key,
      state: key.revokedAt ? 'revoked' : stateOf(key, now),
      bits: bitsOf(publicJwk.n),
    }));
    const lines = shown.map(
      (key) => `${key.kid}  ${bitsOf(key.publicJwk.n)} bits  ${sentenceOfKey(key, keys, now, policy)}`,
    );
    const result = { now, nextRotationAt: nextRotationAt(keys, now, policy) ?? null, keys: list };
    return { result, sentence: lines.join('\n') || 'There is no key yet: the first start makes them.' };
  },
  'keys rotate': async (app, options, caller) => {
    const policy = policyOf(app.get(Config));
    const decide: Decide = (keys, now) => planRotation(keys, now, policy, options.force === true);
    return decided(
      app,
      options,
      decide,
      () => app.get(KeyStore).change(decide, caller),
      (plan, { keys }) => sentenceOfRotation(plan, keys, policy),
    );
  },
  'keys import': async (app, options, caller) => {
    const [file] = options.rest ?? [];
    if (file === undefined) throw new Error('Say which file: keys import FILE [--kid NAME].');
    const key = await readSigningKey(textOf(file), options.kid);
    const decide: Decide = (keys, now) => objectionTo(key, keys) ?? planImport(keys, now);
    return decided(
      app,
      options,
      decide,
      () => app.get(KeyStore).change(decide, caller, key),
      (plan, { now }) => sentenceOfImport(plan, key.kid, now, policyOf(app.get(Config))),
    );
  },
  'keys revoke': async (app, options, caller) => {
    const kid = options.rest?.[0] ?? options.kid;
    if (kid === undefined) throw new Error('Say which key: keys revoke KID. keys list shows them.');
    const decide: Decide = (keys, now) => planRevocation(keys, kid, now);
    return decided(
      app,
      options,
      decide,
      () => app.get(SigningKeys).change(decide, [], caller),
      (plan, { keys, now }) => sentenceOfRevocation(plan, keys, kid, now, policyOf(app.get(Config))),
    );
  },
  'keys rewrap': async (app, options, caller) => {
    const isDryRun = options['dry-run'] === true;
    const done = await app.get(Rewrap).run(caller, { isDryRun });
    const count = `${done.keys.length} key(s) and ${done.secrets.length} secret(s)`;
    const sentence = isDryRun
      ? `Dry run, nothing was changed: ${count} would be sealed anew under the present key, ${done.untouched} are already.`
      : `${count} were sealed anew under the present key, ${done.untouched} were already. KEY_ENCRYPTION_KEY_PREVIOUS can go once every instance runs with the present key.`;
    return { result: { dryRun: isDryRun, ...done }, sentence };
  },
};

type Say = (plan: Exclude<Plan, Objection>, before: Snapshot) => string;

/** What was asked for is there already: said, and no failure. */
const harmless = new Set(['rotating_already', 'revoked_already']);

async function decided(
  app: INestApplicationContext,
  options: Options,
  decide: Decide,
  act: () => Promise<Plan>,
  say: Say,
) {
  const isDryRun = options['dry-run'] === true;
  const before = await app.get(SigningKeys).load();
  const plan = isDryRun ? decide(before.keys, before.now) : await act();
  if (!isObjection(plan)) {
    const sentence = `${isDryRun ? 'Dry run, nothing was changed: ' : ''}${say(plan, before)}`;
    return { sentence, result: { changed: !isDryRun, dryRun: isDryRun, at: at(before.now), plan, sentence } };
  }
  const sentence = sentenceOfObjection(plan);
  if (!harmless.has(plan.objection)) throw new Error(sentence);
  return { sentence, result: { changed: false, dryRun: isDryRun, ...plan, sentence } };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file} cannot be read.`, { cause });
  }
}

/** In the order in which they sign. */
const turnOf = ({ activateAt }: { activateAt: Date | null }) => activateAt?.getTime() ?? Number.MAX_SAFE_INTEGER;

const bitsOf = (modulus: unknown) => Buffer.from(String(modulus), 'base64url').length * 8;

// keys import: adds a key of the operator's own (docs/operations/key-rotation.md).
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { objectionTo, readSigningKey } from '../../keys/key-import.js';
import { KeyStore } from '../../keys/key-store.js';
import { planImport, policyOf } from '../../keys/rotation.js';
import type { Decide } from '../../keys/signing-keys.js';
import { command } from '../command.js';
import { Failure } from '../failure.js';
import { flag } from '../input.js';
import { decided } from '../key-decision.js';
import { sentenceOfImport } from '../key-sentences.js';

export const keysImport = command({
  name: 'keys import',
  usage: 'FILE [--kid NAME]',
  about: 'take an RSA private key as the standby, or as the first signer',
  argument: ['[file]', 'RSA, 2,048 to 8,192 bits, PEM, not encrypted'],
  options: { '--kid <name>': 'its kid (default: its RFC 7638 thumbprint)' },
  hasDryRun: true,
  needs: 'keys',
  input: z.object({
    file: z.string({ error: 'Missing the file: keys import FILE.' }),
    kid: z.string().optional(),
    dryRun: flag,
  }),
  async run(desk, { file, kid, dryRun }) {
    const key = await readSigningKey(textOf(file), kid);
    const decide: Decide = (keys, now) => objectionTo(key, keys) ?? planImport(keys, now);
    return decided(desk, {
      dryRun,
      decide,
      act: () => desk.get(KeyStore).change(decide, desk.caller, key),
      describe: (plan, { now }) => sentenceOfImport(plan, key.kid, now, policyOf(desk.get(Config))),
    });
  },
});

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw Failure.of('file_unreadable', `${file} cannot be read.`);
  }
}

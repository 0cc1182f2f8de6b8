// keys revoke: docs/operations/key-compromise.md. It needs no key-encryption key, which may be lost in an emergency.
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { planRevocation, policyOf } from '../../keys/rotation.js';
import { type Decide, SigningKeys } from '../../keys/signing-keys.js';
import { command } from '../command.js';
import { flag } from '../input.js';
import { decided } from '../key-decision.js';
import { sentenceOfRevocation } from '../key-sentences.js';

export const keysRevoke = command({
  name: 'keys revoke',
  usage: 'KID',
  about: 'refuse a key everywhere at once',
  argument: ['[kid]', 'as "keys list" shows it'],
  hasDryRun: true,
  needs: 'tables',
  input: z.object({
    kid: z.string({ error: 'Missing the kid: keys revoke KID. "keys list" shows them.' }),
    dryRun: flag,
  }),
  async run(desk, { kid, dryRun }) {
    const decide: Decide = (keys, now) => planRevocation(keys, kid, now);
    return decided(desk, {
      dryRun,
      decide,
      act: () => desk.get(SigningKeys).change(decide, [], desk.caller),
      describe: (plan, { keys, now }) => sentenceOfRevocation(plan, keys, kid, now, policyOf(desk.get(Config))),
    });
  },
});

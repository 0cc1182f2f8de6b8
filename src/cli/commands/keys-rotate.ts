// keys rotate: hands over to the standby ahead of schedule (docs/operations/key-rotation.md).
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { KeyStore } from '../../keys/key-store.js';
import { planRotation, policyOf } from '../../keys/rotation.js';
import type { Decide } from '../../keys/signing-keys.js';
import { command } from '../command.js';
import { flag } from '../input.js';
import { decided } from '../key-decision.js';
import { sentenceOfRotation } from '../key-sentences.js';

export const keysRotate = command({
  name: 'keys rotate',
  usage: '[--force]',
  about: 'let the standby sign, ahead of the schedule',
  options: { '--force': 'rotate even if some verifiers may not know the standby yet' },
  hasDryRun: true,
  needs: 'keys',
  input: z.object({ force: flag, dryRun: flag }),
  async run(desk, { force, dryRun }) {
    const policy = policyOf(desk.get(Config));
    const decide: Decide = (keys, now) => planRotation(keys, now, policy, force);
    return decided(desk, {
      dryRun,
      decide,
      act: () => desk.get(KeyStore).change(decide, desk.caller),
      describe: (plan, { keys }) => sentenceOfRotation(plan, keys, policy),
    });
  },
});

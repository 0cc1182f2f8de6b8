// keys list: lists the signing keys. It needs no key-encryption key.
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { listKeys } from '../../keys/listed-keys.js';
import { policyOf } from '../../keys/rotation.js';
import { stateOf } from '../../keys/signing-key.js';
import { SigningKeys } from '../../keys/signing-keys.js';
import { command } from '../command.js';
import { flag } from '../input.js';
import { sentenceOfKey } from '../key-sentences.js';

export const keysList = command({
  name: 'keys list',
  usage: '[--all]',
  about: 'list the signing keys',
  options: { '--all': 'include keys that have left the key set' },
  needs: 'tables',
  input: z.object({ all: flag }),
  async run(desk, { all }) {
    const { keys, now } = await desk.get(SigningKeys).load();
    const policy = policyOf(desk.get(Config));
    const list = listKeys(keys, now, policy);
    const shown = list.keys.filter((key) => all || stateOf(key, now) !== 'removed');
    const lines = shown.map((key) => `${key.kid}  ${key.bits} bits  ${sentenceOfKey(key, keys, now, policy)}`);
    const result = { ...list, keys: shown };
    return { result, sentence: lines.join('\n') || 'No keys yet: the first start of the service makes them.' };
  },
});

// keys list: lists the signing keys. It needs no key-encryption key.
import * as z from 'zod';
import { Config } from '../../config/config.js';
import { nextRotationAt, policyOf } from '../../keys/rotation.js';
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
    const shown = keys
      .filter((key) => all || stateOf(key, now) !== 'removed')
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
    return { result, sentence: lines.join('\n') || 'No keys yet: the first start of the service makes them.' };
  },
});

/** The order in which the keys sign. */
const turnOf = ({ activateAt }: { activateAt: Date | null }) => activateAt?.getTime() ?? Number.MAX_SAFE_INTEGER;

const bitsOf = (modulus: unknown) => Buffer.from(String(modulus), 'base64url').length * 8;

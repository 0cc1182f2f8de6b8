// Describes the signing keys for those who run the service: state and times, never a private half.
import { nextRotationAt, type Policy } from './rotation.js';
import { type KeyState, type SigningKeyRow, stateOf } from './signing-key.js';

type ListedKey = Omit<SigningKeyRow, 'privateSealed' | 'publicJwk'> & {
  readonly state: KeyState | 'revoked';
  readonly bits: number;
};

export interface ListedKeys {
  readonly now: Date;
  readonly nextRotationAt: Date | null;
  /** In the order in which they sign. */
  readonly keys: readonly ListedKey[];
}

export function listKeys(rows: readonly SigningKeyRow[], now: Date, policy: Policy): ListedKeys {
  const keys = rows
    .toSorted((a, b) => turnOf(a) - turnOf(b) || a.publishedAt.getTime() - b.publishedAt.getTime())
    .map(({ privateSealed: _sealed, publicJwk, ...key }) => ({
      ...key,
      state: key.revokedAt ? ('revoked' as const) : stateOf(key, now),
      bits: Buffer.from(String(publicJwk.n), 'base64url').length * 8,
    }));
  return { now, nextRotationAt: nextRotationAt(rows, now, policy) ?? null, keys };
}

/** One that has no turn yet comes last. */
const turnOf = ({ activateAt }: Pick<SigningKeyRow, 'activateAt'>) => activateAt?.getTime() ?? Number.MAX_SAFE_INTEGER;

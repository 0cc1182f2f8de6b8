// The factors of the person, as the service lists them.
import { own } from '../requests.js';

export interface ListedFactor {
  readonly id: string;
  readonly kind: 'totp' | 'passkey';
  /** As the person or the service named it. */
  readonly name: string | null;
  readonly createdAt: string;
  /** Of a passkey; null before its first use. */
  readonly lastUsedAt?: string | null;
  /** Of a passkey: whether it is copied to other devices of the person. */
  readonly backedUp?: boolean;
}

export interface Listed {
  readonly factors: readonly ListedFactor[];
  readonly recoveryCodesLeft: number;
}

type Sent = Omit<ListedFactor, 'kind'>;

export async function listed(): Promise<Listed> {
  const answer = (await (await own('GET', '/auth/factors')).json()) as {
    readonly totp: readonly Sent[];
    readonly passkeys: readonly Sent[];
    readonly recoveryCodesLeft: number;
  };
  const { totp, passkeys, recoveryCodesLeft } = answer;
  const as = (kind: ListedFactor['kind']) => (each: Sent) => ({ ...each, kind });
  return { factors: [...passkeys.map(as('passkey')), ...totp.map(as('totp'))], recoveryCodesLeft };
}

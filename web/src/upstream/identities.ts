// Where else the person signs in, as the service lists it.
import { own } from '../requests.js';

export interface Identity {
  readonly id: string;
  /** Null where the operator has removed the provider since. */
  readonly provider: string | null;
  readonly label: string;
  /** The address that the provider named last. */
  readonly email: string | null;
  readonly linkedAt: string;
  readonly lastUsedAt: string | null;
}

export interface Identities {
  readonly identities: readonly Identity[];
  readonly hasPassword: boolean;
}

export async function listed(): Promise<Identities> {
  return (await (await own('GET', '/auth/identities')).json()) as Identities;
}

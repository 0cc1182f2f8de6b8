// What a sign-in may need before there is a session: a second factor, or the first factor of the account.
import { isRefused } from '../requests.js';
import { kept } from '../return-to.js';
import { navigate } from '../router.js';

/** In the order in which they are offered: a passkey cannot be given to the wrong site. */
const order = ['passkey', 'totp', 'recovery_code'] as const;

export type Method = (typeof order)[number];

export const methodsIn = (methods: readonly string[]): readonly Method[] =>
  order.filter((each) => methods.includes(each));

/**
 * @param signIn rejects as a sign-in does
 * @returns false where the service asks for another step, which is shown now
 */
export async function isSignedInBy(signIn: () => Promise<unknown>, query = new URLSearchParams()): Promise<boolean> {
  try {
    await signIn();
    return true;
  } catch (error) {
    const { code, methods = [] } = isRefused(error) ? error : {};
    if (code === 'second_factor_required')
      navigate('factor', { query: kept(query), state: { methods: methods.join(' ') } });
    else if (code === 'enrolment_required') navigate('enrol', { query: kept(query), state: { due: 'yes' } });
    else throw error;
    return false;
  }
}

// Says how strong a proof of identity was (the claim `acr`), from how it was given (the claim `amr`). Pure.
import { ACR_VALUES, type Acr } from '../../packages/contract/src/claims.js';

const [ONE_FACTOR, TWO_FACTORS, PHISHING_RESISTANT] = ACR_VALUES;

/** `phr` as in OpenID EAP ACR Values 1.0: a key that is bound to this site took part. */
export function acrOf(methods: readonly string[]): Acr {
  if (!methods.includes('mfa')) return ONE_FACTOR;
  return methods.includes('pop') ? PHISHING_RESISTANT : TWO_FACTORS;
}

/** @param acr a claim; tokens of older releases have none */
export const isAtLeast = (acr: string | undefined, wanted: Acr): boolean => rankOf(acr ?? ONE_FACTOR) >= rankOf(wanted);

const rankOf = (acr: string) => ACR_VALUES.findIndex((each) => each === acr);

// How the provider signs ID tokens: RS256 or ES256, with a key that it publishes.
import { asked, isObject, texts } from './asked.js';
import { ok, shown, wrong, type Finding } from './finding.js';

const algorithms = ['RS256', 'ES256'];
const SIGNING_KEY = 'Authentik: select a Signing Key in the provider, such as "authentik Self-signed Certificate"';

export async function signingFindings(metadata: Readonly<Record<string, unknown>>): Promise<readonly Finding[]> {
  return [algorithm(metadata), await keys(metadata)];
}

function algorithm({ id_token_signing_alg_values_supported: supported }: Readonly<Record<string, unknown>>): Finding {
  const named = texts(supported);
  const taken = algorithms.filter((name) => named.includes(name));
  if (taken.length > 0) return ok('algorithms', `The provider signs ID tokens by ${taken.join(' or ')}.`);
  if (named.length > 0 && named.every((name) => name.startsWith('HS')))
    return wrong(
      'algorithms',
      `The provider signs ID tokens with the client secret (${shown(named)}). ${SIGNING_KEY}.`,
    );
  return wrong(
    'algorithms',
    `The provider does not sign ID tokens by RS256 or ES256, but by ${shown(named.join(', ') || 'nothing that it names')}. ` +
      `Choose a key of RSA or P-256 (${SIGNING_KEY}).`,
  );
}

async function keys({ jwks_uri: address }: Readonly<Record<string, unknown>>): Promise<Finding> {
  const url = String(address);
  const answer = await asked(url);
  if ('trouble' in answer) return wrong('keys', `The keys at ${shown(url)} cannot be reached: ${answer.trouble}.`);
  const { status, json } = answer;
  const list = json?.['keys'];
  if (status !== 200 || !Array.isArray(list))
    return wrong('keys', `${shown(url)} answers ${status} without a key set.`);
  if (list.length === 0) return wrong('keys', `The provider's key set is empty. ${SIGNING_KEY}.`);
  const usable = list.filter((key: unknown) => isObject(key) && isUsable(key));
  if (usable.length > 0) return ok('keys', `The provider publishes ${usable.length} key(s) that we can use.`);
  return wrong('keys', `None of the provider's ${list.length} key(s) is for RS256 or ES256. ${SIGNING_KEY}.`);
}

function isUsable({ kty, crv, use, alg }: Record<string, unknown>): boolean {
  if (use !== undefined && use !== 'sig') return false;
  const fits = kty === 'RSA' ? 'RS256' : kty === 'EC' && crv === 'P-256' ? 'ES256' : undefined;
  return fits !== undefined && (alg === undefined || alg === fits);
}

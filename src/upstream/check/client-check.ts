// Whether the provider knows our client: the redirect address by a request for nobody, the secret by a code that is wrong.
import { createHash, randomBytes } from 'node:crypto';
import { clientAuthOf } from '../providers/providers.js';
import { asked, texts } from './asked.js';
import { note, ok, shown, wrong, type Finding } from './finding.js';
import type { CheckedProvider } from './provider-check.js';

type Metadata = Readonly<Record<string, unknown>>;

const CODE_GRANT = 'authorization_code';

export async function clientFindings(metadata: Metadata, checked: CheckedProvider): Promise<readonly Finding[]> {
  const verifier = randomBytes(32).toString('base64url');
  return [await redirectAddress(metadata, checked, verifier), await secret(metadata, checked, verifier)];
}

/** Answers of a provider that has accepted client and address, and wants somebody to sign in (OpenID Connect Core §3.1.2.6). */
const wantsSomebody = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

async function redirectAddress(metadata: Metadata, checked: CheckedProvider, verifier: string): Promise<Finding> {
  const { provider, callback } = checked;
  const url = new URL(String(metadata['authorization_endpoint']));
  const parameters = {
    ...{
      client_id: provider.clientId,
      redirect_uri: callback,
      response_type: 'code',
      scope: provider.scopes.join(' '),
    },
    ...{ state: 'check', nonce: 'check', prompt: 'none', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const register = `Register exactly ${callback} (Authentik: Redirect URIs, Strict)`;
  const answer = await asked(url.href);
  if ('trouble' in answer)
    return wrong('redirect_address', `The authorization endpoint cannot be reached: ${answer.trouble}.`);
  const { status, headers, text } = answer;
  const location = headers.get('location') ?? '';
  if (location.startsWith(`${callback}?`)) return returned(new URL(location).searchParams.get('error'), callback);
  if (status < 400 && !/[?&/](error|authError)\b/.test(location))
    return note(
      'redirect_address',
      `The provider does not tell before a login whether it takes our address. ${register}, if it is not registered.`,
    );
  const about = blamed(`${location} ${text}`);
  return wrong('redirect_address', `The provider refuses ${about} (status ${status}). ${register}.`);
}

function returned(error: string | null, callback: string): Finding {
  if (error === null || wantsSomebody.has(error))
    return ok('redirect_address', `The provider takes our redirect address, ${callback}.`);
  const advice =
    error === 'invalid_scope'
      ? 'add the scopes to the client there (Authentik: Scopes, Selected Scopes)'
      : 'allow the client the authorization code flow (Keycloak: Standard flow)';
  return wrong('redirect_address', `The provider takes our redirect address, but answers ${shown(error)}: ${advice}.`);
}

/** Providers word it in their own ways; only what they blame is taken from it. */
function blamed(text: string): string {
  if (/redirect[\s_-]?ur[il]|redirection/i.test(text)) return 'our redirect address';
  if (/client/i.test(text)) return 'our clientId: compare it with the Client ID at the provider';
  return 'our clientId or redirect address';
}

/** As the service does it. */
function authenticated(metadata: Metadata, { clientId, clientSecret }: CheckedProvider['provider']) {
  const takes = [...texts(metadata['token_endpoint_auth_methods_supported'])];
  const method = clientAuthOf({ token_endpoint_auth_methods_supported: takes });
  if (method === 'client_secret_post')
    return { method, body: { client_id: clientId, client_secret: clientSecret }, headers: {} };
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ '': part }).toString().slice(1));
  const authorization = `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
  return { method, body: {}, headers: { authorization } };
}

async function secret(metadata: Metadata, { provider, callback }: CheckedProvider, verifier: string): Promise<Finding> {
  const { method, body, headers } = authenticated(metadata, provider);
  const form = new URLSearchParams({
    ...{ grant_type: CODE_GRANT, code: 'not-a-code', redirect_uri: callback, code_verifier: verifier },
    ...body,
  });
  const init = { method: 'POST', body: form, headers: { accept: 'application/json', ...headers } };
  const answer = await asked(String(metadata['token_endpoint']), init);
  if ('trouble' in answer) return wrong('client_secret', `The token endpoint cannot be reached: ${answer.trouble}.`);
  const { status, json } = answer;
  const error = json?.['error'];
  if (error === 'invalid_grant') return ok('client_secret', 'The provider knows our clientId and takes its secret.');
  if (error === 'invalid_client' || status === 401)
    return wrong(
      'client_secret',
      `The provider refuses our clientId or its secret, sent by ${method}: copy Client ID and Client Secret again ` +
        '(Authentik: Client type must be Confidential; Keycloak: Client authentication must be on).',
    );
  if (error === 'unauthorized_client')
    return wrong('client_secret', 'The client may not use the authorization code flow: allow it there.');
  return note(
    'client_secret',
    `The provider answers ${status} ${shown(error ?? '')}: whether it takes the secret is not known.`,
  );
}

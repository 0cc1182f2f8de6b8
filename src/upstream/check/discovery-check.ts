// Discovery: reachable, the issuer byte for byte, the endpoints, the scopes, PKCE, and the clock.
import { asked, texts } from './asked.js';
import { note, ok, shown, wrong, type Finding } from './finding.js';
import type { CheckedProvider } from './provider-check.js';

const MAX_CLOCK_SECONDS = 30;

interface Discovered {
  /** Undefined if nothing else can be checked. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
}

export async function discoveryOf({ provider, now }: CheckedProvider): Promise<Discovered> {
  const url = `${provider.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const before = now();
  const answer = await asked(url);
  if ('trouble' in answer)
    return { findings: [wrong('discovery', `The provider cannot be reached at ${url}: ${answer.trouble}.`)] };
  const { status, json, headers } = answer;
  if (status !== 200 || !json) return { findings: [wrong('discovery', `${url} ${trouble(status, headers)}`)] };
  const reached = [ok('discovery', `The provider answers at ${url}.`), clock(headers, before, now())];
  const named = json['issuer'];
  if (named !== provider.issuer)
    return { findings: [...reached, wrong('issuer', otherIssuer(named, provider.issuer))] };
  const endpoints = endpointsOf(json, provider.issuer);
  const findings = [
    ...reached,
    ok('issuer', `The provider names itself ${provider.issuer}, byte for byte as the file does.`),
    ...[endpoints, scopes(json, provider.scopes), pkce(json)],
  ];
  return endpoints.state === 'wrong' ? { findings } : { metadata: json, findings };
}

function trouble(status: number, headers: Headers): string {
  const location = headers.get('location');
  if (location !== null)
    return `sends us on to ${shown(location)}: write the issuer as the provider names itself there.`;
  if (status === 404)
    return (
      'does not exist: the path of `issuer` is wrong, or there is no such application ' +
      '(Authentik: the Slug of the application, and the application needs this provider as its Provider).'
    );
  if (status === 200) return 'answers with something else than JSON: is `issuer` the address of its web page?';
  return `answers ${status}.`;
}

function otherIssuer(named: unknown, ours: string): string {
  if (typeof named !== 'string') return 'The provider names no issuer in its discovery document.';
  const name = `The provider names itself ${shown(named)}, but the file says ${ours}.`;
  if (named.replace(/\/$/, '') === ours.replace(/\/$/, ''))
    return `${name} Only the slash at the end differs: write it as the provider does.`;
  if (named.includes('{tenantid}'))
    return `${name} Write your own tenant into the issuer (Entra ID: Directory (tenant) ID), not common or organizations.`;
  const { origin, pathname } = URL.canParse(named) ? new URL(named) : { origin: '', pathname: '' };
  if (pathname === '/' && ours.includes('/application/o/'))
    return (
      `${name} In Authentik set the provider's Issuer mode (Advanced protocol settings) to ` +
      '"Each provider has a different issuer, based on the application slug".'
    );
  if (origin !== '' && origin !== new URL(ours).origin)
    return `${name} Use the address by which people reach it, or let its proxy pass on Host and X-Forwarded-Proto.`;
  return `${name} Write it into the file as the provider does.`;
}

function endpointsOf(metadata: Readonly<Record<string, unknown>>, issuer: string): Finding {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri']) {
    const address = metadata[name];
    if (typeof address !== 'string' || !URL.canParse(address))
      return wrong(
        'endpoints',
        `The discovery document names no ${name}: this is no OpenID provider of the code flow.`,
      );
    if (issuer.startsWith('https:') && !address.startsWith('https:'))
      return wrong(
        'endpoints',
        `The ${name}, ${shown(address)}, is not https: let the provider's proxy pass on X-Forwarded-Proto.`,
      );
  }
  return ok('endpoints', 'The endpoints that we use are named.');
}

function scopes(
  { scopes_supported: supported }: Readonly<Record<string, unknown>>,
  wanted: readonly string[],
): Finding {
  if (supported === undefined)
    return note('scopes', `The provider does not list its scopes. We ask for ${wanted.join(' ')}.`);
  const missing = wanted.filter((scope) => !texts(supported).includes(scope));
  if (missing.length === 0) return ok('scopes', `The provider knows the scopes ${wanted.join(' ')}.`);
  return wrong(
    'scopes',
    `The provider does not offer ${missing.join(' ')}: add it there (Authentik: Advanced protocol settings, ` +
      'Scopes, Selected Scopes; Keycloak: Client scopes), or take it out of `scopes`.',
  );
}

function pkce({ code_challenge_methods_supported: methods }: Readonly<Record<string, unknown>>): Finding {
  if (methods === undefined)
    return note('pkce', 'The provider does not say that it checks PKCE. We send a challenge (S256) all the same.');
  if (texts(methods).includes('S256')) return ok('pkce', 'The provider checks PKCE by S256.');
  return wrong(
    'pkce',
    'The provider does not take PKCE by S256 (Keycloak: Advanced, Proof Key for Code Exchange Code Challenge Method: S256).',
  );
}

function clock(headers: Headers, before: Date, after: Date): Finding {
  const date = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(date)) return note('clock', 'The provider does not tell its time.');
  // A cache in between tells the age of its copy; Date has no fractions of a second.
  const theirs = date + 1_000 * (Number(headers.get('age')) || 0);
  const behind = Math.max(0, before.getTime() - theirs - 1_000);
  const ahead = Math.max(0, theirs - after.getTime());
  const seconds = Math.round((ahead - behind) / 1_000);
  if (Math.abs(seconds) <= MAX_CLOCK_SECONDS) return ok('clock', 'Our clocks agree.');
  const way = seconds > 0 ? 'ahead of' : 'behind';
  return wrong(
    'clock',
    `The provider's clock is ${Math.abs(seconds)} s ${way} ours: let both machines keep time by NTP. ` +
      'Beyond some seconds ID tokens are refused.',
  );
}

// A real OpenID provider (node-oidc-provider) in the shape of Authentik: a trailing slash in the issuer, `groups` in the
// scope `profile`, `email_verified` false, a hashed subject. Its login page is one field: who signs in.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider';
import { onTestFinished } from 'vitest';

export interface UpstreamPerson {
  readonly email: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly groups?: readonly string[];
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** When they told the provider who they are, in seconds; now by default. */
  readonly authTime?: number;
}

export interface Upstream {
  /** With a trailing slash. */
  readonly issuer: string;
  readonly provider: Provider;
  /** Who may sign in, by the name that they type; to be changed at will. */
  readonly people: Map<string, UpstreamPerson>;
  /** The claim `sub` of the person with this name. */
  subjectOf(name: string): string;
  /** The entry for the file of UPSTREAM_PROVIDERS. */
  readonly entry: Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

const CLIENT_ID = 'watchword';
export const UPSTREAM_SECRET = 'upstream-client-secret-of-the-tests';
const PREFIX = '/application/o/watchword';

export const subjectOf = (name: string) => createHash('sha256').update(`authentik ${name}`).digest('hex');

/** For one test: it is closed when the test ends. */
export async function startUpstream(...wanted: Parameters<typeof openUpstream>): Promise<Upstream> {
  const upstream = await openUpstream(...wanted);
  onTestFinished(() => upstream.close());
  return upstream;
}

/**
 * @param redirectUris callback addresses of the services under test; more can be added by `wanted`
 * @param wanted overrides parts of the provider's configuration
 * @param client adds to what the provider knows of its client
 */
export async function openUpstream(
  redirectUris: readonly string[],
  wanted: Configuration = {},
  client: Partial<ClientMetadata> = {},
): Promise<Upstream> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}${PREFIX}/`;
  const people = new Map<string, UpstreamPerson>();
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: UPSTREAM_SECRET,
        redirect_uris: [...redirectUris],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        require_auth_time: true, // as Authentik and Keycloak: always in the ID token
        token_endpoint_auth_method: 'client_secret_post',
        ...client,
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'first', alg: 'RS256', use: 'sig' }] },
    claims: {
      openid: ['sub', 'acr', 'amr', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name', 'groups'],
    },
    conformIdTokenClaims: false, // as Authentik: the claims are in the ID token, too
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    pkce: { required: () => true },
    cookies: { keys: ['a key of the tests'] },
    interactions: { url: (_context, { uid }) => `${PREFIX}/login/${uid}` },
    ttl: { Session: 86_400, Grant: 86_400, Interaction: 3_600, AccessToken: 3_600, IdToken: 3_600 },
    findAccount: (_context, sub) => {
      const [name, person] = [...people].find(([each]) => subjectOf(each) === sub) ?? [];
      if (name === undefined || !person) return undefined;
      const { acr: _acr, amr: _amr, authTime: _authTime, ...claims } = person;
      return {
        accountId: sub,
        claims: () => ({ email_verified: false, name, groups: [], ...claims, sub }),
      };
    },
    loadExistingGrant: async (context) => {
      const { client, session, provider: own } = context.oidc;
      const knownId = session?.grantIdFor(client?.clientId ?? '');
      // One for all tabs of a browser: the provider destroys the one that another takes the place of, and its codes with it.
      const known = knownId === undefined ? undefined : await own.Grant.find(knownId);
      if (known?.accountId === session?.accountId) return known;
      const grant = new own.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
      grant.addOIDCScope('openid email profile offline_access');
      await grant.save();
      return grant;
    },
    ...wanted,
  });
  const handle = provider.callback();
  server.on('request', (request, response) => {
    void answer({ request, response, provider, people, handle });
  });
  const close = async () => {
    server.closeAllConnections();
    await new Promise<void>((done) => server.close(() => done()));
  };
  const entry = {
    id: 'authentik',
    label: 'Authentik',
    issuer,
    clientId: CLIENT_ID,
    clientSecretEnv: 'UPSTREAM_SECRET',
  };
  return { issuer, provider, people, subjectOf, entry, close };
}

interface Served {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly provider: Provider;
  readonly people: ReadonlyMap<string, UpstreamPerson>;
  readonly handle: (request: IncomingMessage, response: ServerResponse) => unknown;
}

async function answer({ request, response, provider, people, handle }: Served): Promise<void> {
  const url = request.url ?? '';
  if (!url.startsWith(PREFIX)) {
    response.writeHead(404).end();
    return;
  }
  if (!url.startsWith(`${PREFIX}/login/`)) {
    request.url = url.slice(PREFIX.length) || '/';
    Object.assign(request, { originalUrl: url });
    await handle(request, response);
    return;
  }
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>Authentik</title><form method="post"><label>Name <input name="name"></label>` +
        `<button>Log in</button></form><form method="post"><button name="cancel" value="1">Cancel</button></form>`,
    );
    return;
  }
  const form = new URLSearchParams(await textOf(request));
  const person = people.get(form.get('name') ?? '');
  const result = person
    ? {
        login: {
          accountId: subjectOf(form.get('name') ?? ''),
          ...(person.acr ? { acr: person.acr } : {}),
          ...(person.amr ? { amr: [...person.amr] } : {}),
          ...(person.authTime === undefined ? {} : { ts: person.authTime }),
        },
      }
    : { error: 'access_denied', error_description: 'nobody of this name' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

// How does oidc-provider refresh on Postgres? One RS256 access token and the next refresh token, as Watchword gives.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import pg from 'pg';
import { postgresAdapter } from './postgres-adapter.mjs';

const { DATABASE_URL, PORT, SIGNING_KEY_BITS } = process.env;
const CLIENT_ID = 'bench';
const RESOURCE = 'urn:bench:api';
const SCOPE = 'api';
const DAY = 24 * 60 * 60;

const { privateKey } = await generateKeyPair('RS256', {
  modulusLength: Number(SIGNING_KEY_BITS),
  extractable: true,
});
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  adapter: await postgresAdapter(pool),
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
  clients: [
    {
      client_id: CLIENT_ID,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/callback'],
      application_type: 'native',
    },
  ],
  findAccount: (_context, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        audience: RESOURCE,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  ttl: { AccessToken: 15 * 60, RefreshToken: 30 * DAY, Grant: 30 * DAY },
});
const itsOwn = provider.callback();

/** What a finished log-in leaves behind, without the log-in. */
async function signIn(accountId) {
  const grant = new provider.Grant({ accountId, clientId: CLIENT_ID });
  grant.addResourceScope(RESOURCE, SCOPE);
  const token = new provider.RefreshToken({
    accountId,
    client: await provider.Client.find(CLIENT_ID),
    grantId: await grant.save(),
    gty: 'authorization_code',
    resource: RESOURCE,
    scope: SCOPE,
    authTime: Math.floor(Date.now() / 1_000),
  });
  return { refresh_token: await token.save() };
}

createServer((request, response) => {
  const account = /^\/bench\/sign-in\/(\w+)$/.exec(request.url ?? '')?.[1];
  if (account) void answerSignIn(account, response);
  else void itsOwn(request, response);
}).listen(Number(PORT), '127.0.0.1');

async function answerSignIn(account, response) {
  const tokens = await signIn(account).catch((error) => ({ message: String(error) }));
  response.writeHead(tokens.refresh_token ? 200 : 500).end(JSON.stringify(tokens));
}

// Two secret stores on loopback that implement reading a secret as the real ones do.
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { onTestFinished } from 'vitest';

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export const awsCredentials = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

/** Secrets Manager: AWS JSON 1.1 over POST, requests with a verified Signature Version 4. */
export async function startSecretsManager(secrets: Record<string, { AWSCURRENT?: string; AWSPREVIOUS?: string }>) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = (status: number, value: object) =>
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value));
      seen.push(String(request.headers['x-amz-target']));
      if (!isSigned(request, body)) return answer(400, { __type: 'InvalidSignatureException', message: 'signature' });
      if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue')
        return answer(400, { __type: 'UnknownOperationException' });
      const { SecretId, VersionStage = 'AWSCURRENT' } = JSON.parse(body) as {
        SecretId: string;
        VersionStage?: 'AWSCURRENT';
      };
      const text = secrets[SecretId]?.[VersionStage];
      if (text === undefined) {
        const message = `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`;
        return answer(400, { __type: 'ResourceNotFoundException', message });
      }
      return answer(200, {
        Name: SecretId,
        SecretString: text,
        VersionId: 'v'.repeat(32),
        VersionStages: [VersionStage],
      });
    });
  });
  return { url: await listen(server), seen };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isSigned(request: IncomingMessage, body: string): boolean {
  const [, id, date = '', region = '', service = '', names = '', signature] =
    /Credential=([^/]+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, ?SignedHeaders=([\w;-]+), ?Signature=(\w+)/.exec(
      request.headers.authorization ?? '',
    ) ?? [];
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, request.url, '', headers.join(''), names, digest(body)].join('\n');
  const scope = [date, region, service, 'aws4_request'].join('/');
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, digest(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce(mac, mac(`AWS4${awsCredentials.secret}`, date));
  return id === awsCredentials.id && mac(key, toSign).toString('hex') === signature;
}

export const vaultToken = 'hvs.a-token-of-this-test-only';

/** Vault's KV v2: GET /v1/:mount/data/:path?version=n; 404 with metadata for a version that was deleted. */
export async function startVault(
  versions: readonly (string | undefined)[],
  { redirectTo }: { redirectTo?: string } = {},
) {
  const seen: { namespace: unknown; url: string }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://vault');
    seen.push({ namespace: request.headers['x-vault-namespace'], url: request.url ?? '' });
    const answer = (status: number, value: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (redirectTo) return response.writeHead(307, { location: redirectTo }).end();
    if (request.headers['x-vault-token'] !== vaultToken) return answer(403, { errors: ['permission denied'] });
    if (url.pathname !== '/v1/secret/data/watchword') return answer(404, { errors: [] });
    const version = Number(url.searchParams.get('version') ?? versions.length);
    const text = versions[version - 1];
    const metadata = {
      version,
      created_time: '2026-11-01T00:00:00Z',
      deletion_time: '',
      destroyed: false,
      custom_metadata: null,
    };
    if (text === undefined) return answer(404, { data: { data: null, metadata: { ...metadata, destroyed: true } } });
    return answer(200, { request_id: 'r', lease_id: '', data: { data: { key_encryption_key: text }, metadata } });
  });
  return { url: `${await listen(server)}/v1/secret/data/watchword`, seen };
}

// The key set over https, for verifiers that read it over nothing else.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { folderFor } from './programs.js';

export async function overTls(jwksUri: string): Promise<{ url: string; certificate: Buffer; file: string }> {
  const folder = folderFor('tls');
  const [key, file] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, '-keyout', key, '-out', file],
    { stdio: 'ignore' },
  );
  const certificate = readFileSync(file);
  const server = createServer({ key: readFileSync(key), cert: certificate }, (_request, response) => {
    fetch(jwksUri).then(
      async (answer) =>
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text()),
      () => response.writeHead(502).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `https://127.0.0.1:${(server.address() as { port: number }).port}/jwks.json`, certificate, file };
}

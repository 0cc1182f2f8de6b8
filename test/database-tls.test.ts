// The errors when PostgreSQL and the service do not agree on TLS.
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { Config } from '../src/config/config.js';
import { openPool, sentenceOf } from '../src/database/database.js';
import { Log } from '../src/telemetry/log.js';
import { loopbackCertificate } from './support/certificate.js';

/** Answers only the client's request for TLS. */
async function server(answer: (socket: Socket) => void): Promise<string> {
  const listening: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((ready) => listening.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void listening.close());
  const address = listening.address();
  return `postgres://u:p@127.0.0.1:${typeof address === 'object' ? address?.port : ''}/d?sslmode=require`;
}

async function sentenceFor(url: string): Promise<string> {
  const config = Config.fromEnv({ DATABASE_URL: url, LOG_LEVEL: 'silent' });
  const pool = openPool(config.DATABASE_URL ?? '', config, Log.to(config));
  onTestFinished(() => pool.end());
  return pool.query('SELECT 1').then(
    () => 'connected',
    (error: unknown) => sentenceOf(error),
  );
}

it("sslmode=require without the server's authority is refused, and the error says what to add", async () => {
  const { cert, key } = loopbackCertificate();
  const url = await server((socket) => {
    socket.write('S');
    new TLSSocket(socket, { isServer: true, cert, key }).on('error', () => undefined);
  });
  expect(await sentenceFor(url)).toMatch(/certificate of the database .*sslrootcert=\/path\/to\/ca\.pem/);
});

it('TLS with a server that has none is refused, and the error says what to write', async () => {
  const url = await server((socket) => void socket.end('N'));
  expect(await sentenceFor(url)).toMatch(/does not speak TLS.*sslmode=disable/);
});

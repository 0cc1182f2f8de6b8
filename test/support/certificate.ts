// Certificates for the servers of a test: for loopback, signed by an authority made for this run.
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LoopbackCertificate {
  /** PEM; clients must trust it. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

let made: LoopbackCertificate | undefined;

export function loopbackCertificate(): LoopbackCertificate {
  made ??= make();
  return made;
}

/** For a Redis that accepts TLS only, also for its replicas and its cluster; `ca.crt` is in the folder. */
export function tlsArgs(folder: string, port: number): string[] {
  const { ca, cert, key } = loopbackCertificate();
  const file = (name: string) => join(folder, name);
  for (const [name, text] of Object.entries({ 'ca.crt': ca, 'server.crt': cert, 'server.key': key }))
    writeFileSync(file(name), text, { mode: 0o600 });
  return [
    ...['--port', '0', '--tls-port', `${port}`, '--tls-auth-clients', 'no'],
    ...['--tls-ca-cert-file', file('ca.crt'), '--tls-cert-file', file('server.crt')],
    ...['--tls-key-file', file('server.key'), '--tls-replication', 'yes', '--tls-cluster', 'yes'],
  ];
}

function make(): LoopbackCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = 'Watchword test authority';
  const mayIssue = extension('55 1d 13', der(0x30, der(0x01, Buffer.from([0xff]))), true);
  const names = [der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1]))];
  const isLoopback = extension('55 1d 11', der(0x30, ...names), false);
  const ca = certificate({ issuer, subject: issuer, signer: authority.privateKey }, authority.publicKey, mayIssue);
  const cert = certificate(
    { issuer, subject: 'localhost', signer: authority.privateKey },
    server.publicKey,
    isLoopback,
  );
  return { ca, cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

interface Names {
  readonly issuer: string;
  readonly subject: string;
  readonly signer: KeyObject;
}

/** X.509 version 3 as in RFC 5280, which Node can read and check but not write. */
function certificate({ issuer, subject, signer }: Names, publicKey: KeyObject, extensions: Buffer): string {
  const ecdsaWithSha256 = der(0x30, oid('2a 86 48 ce 3d 04 03 02'));
  const toBeSigned = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name(issuer),
    der(0x30, time(-1), time(2)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extensions)),
  );
  const signature = bitString(sign('sha256', toBeSigned, signer));
  const base64 = der(0x30, toBeSigned, ecdsaWithSha256, signature).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}

const oid = (hex: string) => der(0x06, Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const bitString = (bytes: Buffer) => der(0x03, Buffer.from([0]), bytes);

const name = (commonName: string) =>
  der(0x30, der(0x31, der(0x30, oid('55 04 03'), der(0x0c, Buffer.from(commonName)))));

function extension(hex: string, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.from([0xff]))] : [];
  return der(0x30, oid(hex), ...critical, der(0x04, value));
}

function time(daysFromNow: number): Buffer {
  const at = new Date(Date.now() + daysFromNow * 86_400_000).toISOString();
  return der(0x17, Buffer.from(`${at.slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
}

// The two roles of the embedded PostgreSQL, as in production: one owns everything, the service owns
// nothing.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

const SERVICE = 'watchword_service';

export interface Urls {
  /** As the role of the service. */
  readonly url: string;
  /** As the role that owns everything. */
  readonly ownerUrl: string;
}

/** A socket in a folder, or a port of loopback. */
export interface Endpoint {
  readonly port: number;
  readonly socketFolder?: string;
}

/** Each role has a password of its own, made with the first start. */
export const ownerPassword = (home: string) => passwordIn(join(home, 'password'));
const servicePassword = (home: string) => passwordIn(join(home, 'service-password'));

function passwordIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

export function urlsOf(home: string, { port, socketFolder }: Endpoint): Urls {
  // pg takes the host of the query; the other one is there because a URL with a user needs one.
  const place = socketFolder
    ? `localhost:${port}/postgres?host=${encodeURIComponent(socketFolder)}`
    : `127.0.0.1:${port}/postgres`;
  return {
    url: `postgres://${SERVICE}:${servicePassword(home)}@${place}`,
    ownerUrl: `postgres://watchword:${ownerPassword(home)}@${place}`,
  };
}

/** Also gives the role its password at each start: an older version gave it the owner's. */
export async function makeServiceRole(home: string, { ownerUrl }: Urls): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [SERVICE]);
    const verifier = client.escapeLiteral(scramVerifier(servicePassword(home)));
    await client.query(`${found.rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${SERVICE} LOGIN PASSWORD ${verifier}`);
  } finally {
    await client.end();
  }
}

/**
 * What PostgreSQL would keep of the password (RFC 5803), so that the password itself never crosses
 * the wire.
 */
function scramVerifier(password: string): string {
  const [salt, iterations] = [randomBytes(16), 4_096];
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyFor = (purpose: string) => createHmac('sha256', salted).update(purpose).digest();
  const storedKey = createHash('sha256').update(keyFor('Client Key')).digest('base64');
  const serverKey = keyFor('Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

// Imports lines into the database of a service, as the command line does, but in this process.
import { createHash, randomBytes } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { onTestFinished } from 'vitest';
import { linesOf } from '../../src/accounts/import/lines.js';
import { UserImport, type ImportWish } from '../../src/accounts/import/user-import.js';
import { CliModule } from '../../src/cli/cli.module.js';
import { Clock } from '../../src/clock.js';
import { Config } from '../../src/config/config.js';
import { Log } from '../../src/telemetry/log.js';
import { ProcessModule } from '../../src/telemetry/process.module.js';
import { noteSecret } from './leaks.js';
import type { Service } from './service.js';
import { databaseSettings, testSettings } from './settings.js';

export const operator = { ip: null, userAgent: 'cli ops@console', requestId: '0199f0c2-8c1f-7c5e-9d7a-0c5a4f1f2b3d' };

/** The classes of the command line on a database. */
export async function cliContext(databaseUrl: string, settings: Record<string, string> = {}) {
  const config = Config.fromEnv({ ...testSettings, ...databaseSettings(databaseUrl), ...settings }, {}, 'cli');
  const log = Log.to(config, process.stderr);
  const root = { module: CliModule, imports: [ProcessModule.with({ config, log, clock: new Clock() })] };
  const app = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  return app;
}

type Lines = readonly (object | string)[];

export const fileOf = (lines: Lines): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

interface Reading {
  /** How much of the file is read at once. */
  readonly chunkBytes?: number;
  /** What the first line waits for. */
  readonly after?: Promise<void>;
}

export async function importText(
  app: Awaited<ReturnType<typeof cliContext>>,
  text: string | Buffer,
  wish: Partial<ImportWish> = {},
  { chunkBytes = 65_536, after }: Reading = {},
) {
  const bytes = Buffer.from(text);
  async function* chunks() {
    await after;
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  }
  const file = { sha256: createHash('sha256').update(bytes).digest(), lines: linesOf(chunks()) };
  const whole = { allowsRoles: false, isDryRun: false, onProgress: () => undefined, ...wish };
  return app.get(UserImport).run(file, whole, 'operator', operator);
}

interface Foreign {
  readonly lifeSeconds?: number;
  readonly authenticatedAt?: string | null;
}

/** A token of another system, imported for a user. */
export async function foreignSession(
  service: Service,
  userId: string,
  { lifeSeconds = 3_600, authenticatedAt = null }: Foreign = {},
): Promise<string> {
  const token = `old_${randomBytes(24).toString('base64url')}`;
  noteSecret(token, 'the token of another system');
  await service.query(
    `INSERT INTO foreign_sessions (user_id, token_hash, authenticated_at, expires_at)
     VALUES ($1, sha256($2::bytea), $3, protocol_now() + make_interval(secs => $4))`,
    [userId, token, authenticatedAt, lifeSeconds],
  );
  return token;
}

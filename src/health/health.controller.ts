// Answers whether the process is alive, and whether it can do its work.
import { Controller, Get } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { Database } from '../database/database.js';
import { Refusal } from '../errors.js';
import { Public } from '../http/public.decorator.js';
import { KeyRing } from '../keys/key-ring.js';
import { MailHealth } from '../mail/mail-health.js';
import { Redis } from '../redis/redis.js';
import { Draining } from '../runtime/draining.js';

@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly keyRing: KeyRing,
    private readonly draining: Draining,
    private readonly redis: Redis,
    private readonly mail: MailHealth,
  ) {}

  @Get('live')
  live(): object {
    return { status: 'live' };
  }

  /** @throws Refusal `unavailable` without Postgres or a signer, and while the service drains */
  @Get('ready')
  async ready(): Promise<object> {
    if (this.draining.isDraining) throw new Refusal('unavailable', { cause: new Error('shutting down') });
    try {
      await this.database.execute(sql`select 1`);
    } catch (cause) {
      throw new Refusal('unavailable', { cause });
    }
    if (!this.keyRing.hasSigner()) throw new Refusal('unavailable', { cause: new Error('no signing key') });
    const degraded = [
      ...(this.redis.isConfigured && !this.redis.isUp ? ['redis'] : []),
      ...(this.mail.leaves ? [] : ['mail']),
    ];
    return degraded.length > 0 ? { status: 'ready', degraded } : { status: 'ready' };
  }
}

// Answers whether the process is alive, and whether it can do its work.
import { Controller, Get } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Database } from '../database/database.js';
import { server } from '../database/connections/primary-reads.js';
import { refuseStandby } from '../database/connections/standby.js';
import { Refusal } from '../errors.js';
import { Documented } from '../http/documented.decorator.js';
import { Public } from '../http/public.decorator.js';
import { KeyRing } from '../keys/key-ring.js';
import { MailHealth } from '../mail/mail-health.js';
import { Redis } from '../redis/redis.js';
import { Draining } from '../runtime/draining.js';

const liveAnswer = z.object({ status: z.literal('live') });
const readyAnswer = z.object({
  status: z.literal('ready'),
  degraded: z
    .array(z.enum(['redis', 'mail']))
    .optional()
    .meta({ description: 'It works, and lacks these.' }),
});

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

  @Documented({
    under: 'Operations',
    does: 'Says that the process is alive: for restarts',
    answers: { 200: { says: 'Alive.', body: liveAnswer } },
  })
  @Get('live')
  live(): z.output<typeof liveAnswer> {
    return { status: 'live' };
  }

  /** @throws Refusal `unavailable` without Postgres, on a standby, without a signer, and while the service drains */
  @Documented({
    under: 'Operations',
    does: 'Says whether the instance can do its work: for traffic',
    answers: { 200: { says: 'Ready.', body: readyAnswer } },
    refuses: ['unavailable'],
  })
  @Get('ready')
  async ready(): Promise<z.output<typeof readyAnswer>> {
    if (this.draining.isDraining) throw new Refusal('unavailable', { cause: new Error('shutting down') });
    try {
      const { rows } = await this.database.execute<{ isStandby: boolean }>(sql`select ${server}`);
      rows.forEach(refuseStandby);
    } catch (cause) {
      throw new Refusal('unavailable', { cause });
    }
    if (!this.keyRing.hasSigner()) throw new Refusal('unavailable', { cause: new Error('no signing key') });
    const degraded = [
      ...(this.redis.isConfigured && !this.redis.isUp ? (['redis'] as const) : []),
      ...(this.mail.leaves ? [] : (['mail'] as const)),
    ];
    return degraded.length > 0 ? { status: 'ready', degraded } : { status: 'ready' };
  }
}

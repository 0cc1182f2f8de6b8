import { Controller, Get, Query } from '@nestjs/common';
import * as z from 'zod';
import { Config } from '../config/config.js';
import { Documented } from '../http/documented.decorator.js';
import { ForAdministrators } from '../http/for-administrators.decorator.js';
import { KeyRing } from '../keys/key-ring.js';
import { listKeys } from '../keys/listed-keys.js';
import { policyOf } from '../keys/rotation.js';
import { MailQueue } from '../mail/mail-queue.js';
import { Services } from '../siblings/services.js';
import { Figures } from './figures.js';
import { limit } from './list-query.js';
import { figuresAnswer, keysAnswer, mailAnswer, servicesAnswer, toListedService } from './operations-answers.js';

/** Keys that have left the key set: so many of the newest. */
const MAX_FORMER = 20;
const mailQuery = z.strictObject({ limit });
const servicesQuery = z.strictObject({ removed: z.literal('true').optional() });

@ForAdministrators()
@Controller('admin')
export class OperationsController {
  constructor(
    private readonly config: Config,
    private readonly keyRing: KeyRing,
    private readonly mailQueue: MailQueue,
    private readonly registered: Services,
    private readonly counted: Figures,
  ) {}

  @Documented({
    under: 'Administration',
    does: 'Lists the services and what they may do',
    answers: { 200: { says: 'The services; never a secret.', body: servicesAnswer } },
  })
  @Get('services')
  async services(
    @Query({ schema: servicesQuery }) { removed }: z.output<typeof servicesQuery>,
  ): Promise<z.output<typeof servicesAnswer>> {
    const listed = await this.registered.list();
    const shown = listed.filter(({ removedAt }) => removed !== undefined || removedAt === null);
    return { services: shown.map(toListedService) };
  }

  @Documented({
    under: 'Administration',
    does: 'Lists the signing keys, with their times',
    answers: { 200: { says: 'The keys, in the order in which they sign; never a private half.', body: keysAnswer } },
  })
  @Get('keys')
  keys(): z.output<typeof keysAnswer> {
    const { keys, nextRotationAt } = listKeys(this.keyRing.keys, this.keyRing.now(), policyOf(this.config));
    const hasLeft = ({ state }: (typeof keys)[number]) => state === 'removed' || state === 'revoked';
    const former = new Set(keys.filter(hasLeft).slice(-MAX_FORMER));
    const shown = keys.filter((key) => former.has(key) || !hasLeft(key));
    const iso = (time: Date | null) => time?.toISOString() ?? null;
    return {
      nextRotationAt: iso(nextRotationAt),
      keys: shown.map(({ kid, alg, bits, state, publishedAt, activateAt, retireAt, removeAt, revokedAt }) => ({
        ...{ kid, alg, bits, state, publishedAt: publishedAt.toISOString(), activateAt: iso(activateAt) },
        ...{ retireAt: iso(retireAt), removeAt: iso(removeAt), revokedAt: iso(revokedAt) },
      })),
    };
  }

  @Documented({
    under: 'Administration',
    does: 'Shows the mail that waits and the mail that died',
    note: 'For whom it is stays sealed.',
    answers: {
      200: {
        says: 'What is due next comes first, what died last after it; as many as `limit` of each.',
        body: mailAnswer,
      },
    },
  })
  @Get('mail')
  async mail(
    @Query({ schema: mailQuery }) { limit: most }: z.output<typeof mailQuery>,
  ): Promise<z.output<typeof mailAnswer>> {
    const { waiting, dead, oldestSeconds } = await this.mailQueue.figures();
    return { waiting, dead, oldestSeconds, mails: await this.mailQueue.head(most) };
  }

  @Documented({
    under: 'Administration',
    does: 'Counts users, sessions, the last hour, and what waits',
    note: 'Users and sessions are counted once a minute at most, the rest once in five seconds.',
    answers: { 200: { says: 'The figures.', body: figuresAnswer } },
  })
  @Get('figures')
  async figures(): Promise<z.output<typeof figuresAnswer>> {
    return {
      at: this.keyRing.now().toISOString(),
      roles: [...this.config.ROLES],
      ...(await this.counted.now()),
    };
  }
}

import { Controller, HttpCode, Post } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { Me, type Principal } from '../http/principal.js';
import { NeedsRecentProof } from '../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { RecoveryCodeRenewal } from './recovery-code-renewal.js';

const renewed = z.object({
  recoveryCodes: z.array(z.string()).meta({ description: 'They are shown this once; each is good once.' }),
});

@Controller('auth/factors/recovery-codes')
export class RecoveryCodesController {
  constructor(private readonly renewal: RecoveryCodeRenewal) {}

  @Documented({
    under: 'Second factors',
    does: 'Makes new recovery codes, and ends every other session',
    note: 'The codes before count no more. An account without a second factor has none.',
    answers: { 200: { says: 'Made.', body: renewed } },
    refuses: ['not_found'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof()
  @Post()
  @HttpCode(200)
  async renew(@Me() me: Principal, @On() exchange: Exchange): Promise<z.output<typeof renewed>> {
    return { recoveryCodes: await this.renewal.run(me, exchange) };
  }
}

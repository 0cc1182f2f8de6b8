import { Body, Controller, Delete, HttpCode, Param, Patch } from '@nestjs/common';
import * as z from 'zod';
import { Documented } from '../http/documented.decorator.js';
import { type Exchange, On } from '../http/exchange.js';
import { Me, type Principal } from '../http/principal.js';
import { NeedsRecentProof } from '../http/recent-proof.decorator.js';
import { SkipVerdictCache } from '../http/skip-verdict-cache.decorator.js';
import { assertConfirmed } from '../revocation/confirmation.js';
import { FactorChanges } from './factor-changes.js';
import { factorName } from './factor-name.js';

const renameBody = z.strictObject({ name: factorName });
const id = z.uuid();
const renamed = z.object({ id, name: z.string() });

@Controller('auth/factors')
export class FactorChangesController {
  constructor(private readonly changes: FactorChanges) {}

  @Documented({
    under: 'Second factors',
    does: 'Gives a factor of the caller another name',
    path: { id },
    answers: { 200: { says: 'Renamed.', body: renamed } },
    refuses: ['not_found'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof()
  @Patch(':id')
  async rename(
    @Param('id') factor: string,
    @Body({ schema: renameBody }) { name }: z.output<typeof renameBody>,
    @Me() me: Principal,
  ): Promise<z.output<typeof renamed>> {
    await this.changes.rename(me, factor, name);
    return { id: factor, name };
  }

  @Documented({
    under: 'Second factors',
    does: 'Removes a factor of the caller, and ends every other session',
    note: 'The last factor takes the recovery codes with it.',
    path: { id },
    answers: { 204: { says: 'Removed.' } },
    refuses: ['not_found', 'last_factor', 'revocation_unconfirmed'],
  })
  @SkipVerdictCache()
  @NeedsRecentProof()
  @Delete(':id')
  @HttpCode(204)
  async remove(@Param('id') factor: string, @Me() me: Principal, @On() exchange: Exchange): Promise<void> {
    assertConfirmed(await this.changes.remove(me, factor, exchange), 'keep');
  }
}

import { Controller, Get } from '@nestjs/common';
import * as z from 'zod';
import { Passkeys } from '../factors/passkeys/passkeys.js';
import { RecoveryCodes } from '../factors/recovery-codes.js';
import { TotpAuthenticators } from '../factors/totp-authenticators.js';
import { Documented } from '../http/documented.decorator.js';
import { Me, type Principal } from '../http/principal.js';

const common = { id: z.uuid(), name: z.string().nullable(), createdAt: z.iso.datetime() };
const ownFactors = z.object({
  totp: z.array(z.object(common)).meta({ description: 'Authenticator apps that are confirmed.' }),
  passkeys: z.array(
    z.object({
      ...common,
      aaguid: z.uuid().meta({ description: 'The model of the authenticator; zeros where it does not say.' }),
      lastUsedAt: z.iso.datetime().nullable(),
      backedUp: z.boolean().meta({ description: 'Kept by a service such as the keychain of a phone.' }),
    }),
  ),
  recoveryCodesLeft: z.int(),
});

@Controller('auth/factors')
export class OwnFactorsController {
  constructor(
    private readonly authenticators: TotpAuthenticators,
    private readonly passkeys: Passkeys,
    private readonly recoveryCodes: RecoveryCodes,
  ) {}

  @Documented({
    under: 'Second factors',
    does: 'Lists the second factors of the caller',
    answers: {
      200: { says: 'What may follow the first factor. No secret of it can be read again.', body: ownFactors },
    },
  })
  @Get()
  async list(@Me() { userId }: Principal): Promise<z.output<typeof ownFactors>> {
    const totp = await this.authenticators.listOf(userId);
    const passkeys = await this.passkeys.listOf(userId);
    return {
      totp: totp.map(({ id, name, createdAt }) => ({ id, name, createdAt: createdAt.toISOString() })),
      passkeys: passkeys.map(({ id, name, aaguid, createdAt, lastUsedAt, backedUp }) => {
        const times = { createdAt: createdAt.toISOString(), lastUsedAt: lastUsedAt?.toISOString() ?? null };
        return { id, name, aaguid, ...times, backedUp };
      }),
      recoveryCodesLeft: await this.recoveryCodes.left(userId),
    };
  }
}

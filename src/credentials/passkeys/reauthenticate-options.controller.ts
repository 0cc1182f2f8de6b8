import { Controller, HttpCode, Post } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import { Refusal } from '../../errors.js';
import { requestOptions } from '../../factors/passkeys/answers.js';
import { PasskeyOptions } from '../../factors/passkeys/passkey-options.js';
import { Documented } from '../../http/documented.decorator.js';
import { Me, type Principal } from '../../http/principal.js';

@Controller('auth/reauthenticate/options')
export class ReauthenticateOptionsController {
  constructor(private readonly options: PasskeyOptions) {}

  @Documented({
    under: 'Account',
    does: 'Begins a new proof by a passkey',
    note: '404 for an account without a passkey.',
    answers: { 200: { says: 'For `navigator.credentials.get`.', body: requestOptions } },
    refuses: ['not_found'],
  })
  @Post()
  @HttpCode(200)
  async begin(@Me() { userId }: Principal): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const options = await this.options.toProve(userId, 'reauthenticate');
    if (!options) throw new Refusal('not_found');
    return options;
  }
}

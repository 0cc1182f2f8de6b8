import { Module } from '@nestjs/common';
import { FactorsModule } from '../factors/factors.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { OwnFactorsController } from './own-factors.controller.js';

@Module({ imports: [FactorsModule, PasskeysModule], controllers: [OwnFactorsController] })
export class OwnFactorsModule {}

import { Global, Module } from '@nestjs/common';
import { Revocations } from './revocations.js';

@Global()
@Module({ providers: [Revocations], exports: [Revocations] })
export class RevocationModule {}

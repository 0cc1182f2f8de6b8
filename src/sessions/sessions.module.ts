import { Global, Module } from '@nestjs/common';
import { FamilyLimit } from './family-limit.js';
import { Refresh } from './refresh.js';
import { Sessions } from './sessions.js';

@Global()
@Module({ providers: [FamilyLimit, Refresh, Sessions], exports: [Refresh, Sessions] })
export class SessionsModule {}

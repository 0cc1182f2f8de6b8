import { Module } from '@nestjs/common';
import { UsersModule } from '../../users/users.module.js';
import { UpstreamIdentities } from './upstream-identities.js';

/** Needs no key, and no provider. */
@Module({ imports: [UsersModule], providers: [UpstreamIdentities], exports: [UpstreamIdentities] })
export class UpstreamIdentitiesModule {}

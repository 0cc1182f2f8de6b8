import { Module } from '@nestjs/common';
import { UpstreamIdentities } from './upstream-identities.js';

/** Needs no key, and no provider. */
@Module({ providers: [UpstreamIdentities], exports: [UpstreamIdentities] })
export class UpstreamIdentitiesModule {}

import { Module } from '@nestjs/common';
import { DiscoveryController } from './discovery.controller.js';
import { OAuthModule } from './oauth.module.js';

@Module({ imports: [OAuthModule], controllers: [DiscoveryController] })
export class SiblingsModule {}

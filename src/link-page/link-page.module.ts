import { Module } from '@nestjs/common';
import { LinkPage } from './link-page.js';
import { LinkPageController } from './link-page.controller.js';

@Module({ controllers: [LinkPageController], providers: [LinkPage] })
export class LinkPageModule {}

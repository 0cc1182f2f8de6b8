import { Module } from '@nestjs/common';
import { AccountDocument } from './account-document.js';
import { AccountPagesController } from './account-pages.controller.js';
import { PageFiles } from './page-files.js';
import { RootController } from './root.controller.js';

@Module({ controllers: [AccountPagesController, RootController], providers: [AccountDocument, PageFiles] })
export class AccountPagesModule {}

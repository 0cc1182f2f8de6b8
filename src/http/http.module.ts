import { Global, Module } from '@nestjs/common';
import { Cookies } from './cookies.js';
import { CrossSiteGuard } from './csrf.js';

@Global()
@Module({ providers: [Cookies, CrossSiteGuard], exports: [Cookies, CrossSiteGuard] })
export class HttpModule {}

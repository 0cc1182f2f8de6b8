import { Module } from '@nestjs/common';
import { Cookies } from './cookies.js';
import { CrossSiteGuard } from './csrf.js';

@Module({
  providers: [Cookies, CrossSiteGuard],
  exports: [Cookies, CrossSiteGuard],
})
export class HttpModule {}

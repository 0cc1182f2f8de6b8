import { Module } from '@nestjs/common';
import { Cookies } from './cookies.js';
import { CrossSiteGuard } from './csrf.js';
import { QuickRefusal } from './quick-refusal.js';
import { RefusalLog } from './refusal-log.js';

@Module({
  providers: [Cookies, CrossSiteGuard, QuickRefusal, RefusalLog],
  exports: [Cookies, CrossSiteGuard, RefusalLog],
})
export class HttpModule {}

import { Module } from '@nestjs/common';
import { Cookies } from './cookies.js';
import { CrossSiteGuard } from './csrf.js';
import { PresentedToken } from './presented-token.js';

@Module({
  providers: [Cookies, CrossSiteGuard, PresentedToken],
  exports: [Cookies, CrossSiteGuard, PresentedToken],
})
export class HttpModule {}

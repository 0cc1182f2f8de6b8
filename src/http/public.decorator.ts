import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = Symbol('public');

/** Opens a route to callers without an access token. Every other route is closed. */
export const Public = () => SetMetadata(IS_PUBLIC, true);

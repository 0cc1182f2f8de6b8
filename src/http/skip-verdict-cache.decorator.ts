import { SetMetadata } from '@nestjs/common';

export const SKIPS_VERDICT_CACHE = Symbol('fresh');

/** A sensitive route: its verdict always comes from PostgreSQL, never from Redis. */
export const SkipVerdictCache = () => SetMetadata(SKIPS_VERDICT_CACHE, true);

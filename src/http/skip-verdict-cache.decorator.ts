import { SetMetadata } from '@nestjs/common';

export const SKIPS_VERDICT_CACHE = Symbol('fresh');

/** A route whose caller is always judged by PostgreSQL, whatever Redis remembers: for acts of consequence. */
export const SkipVerdictCache = () => SetMetadata(SKIPS_VERDICT_CACHE, true);

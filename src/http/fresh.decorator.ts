import { SetMetadata } from '@nestjs/common';

export const IS_FRESH = Symbol('fresh');

/** A route whose caller is always judged by PostgreSQL, whatever Redis remembers: for acts of consequence. */
export const Fresh = () => SetMetadata(IS_FRESH, true);

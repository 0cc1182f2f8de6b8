// Every sealed column whose rows come and go with users and requests. `keys rewrap` seals them anew; the keys and the
// secrets of the installation are rewrapped by name (rewrap.ts).
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { totpAuthenticators } from '../database/schema/factors.js';
import { mailOutbox } from '../database/schema/mail.js';
import { upstreamSignIns } from '../database/schema/upstream.js';

export interface SealedColumn {
  readonly table: PgTable;
  readonly sealed: PgColumn;
  /** Columns whose values are the name that is sealed in, as associated data (key-encryption.ts, `nameOfRow`). */
  readonly name: readonly PgColumn[];
  /** Columns that name one row. */
  readonly key: readonly [PgColumn, PgColumn];
}

export const sealedColumns: readonly SealedColumn[] = [
  {
    table: mailOutbox,
    sealed: mailOutbox.addressSealed,
    name: [mailOutbox.id],
    key: [mailOutbox.recipient, mailOutbox.id],
  },
  {
    table: totpAuthenticators,
    sealed: totpAuthenticators.secretSealed,
    name: [totpAuthenticators.userId, totpAuthenticators.id],
    key: [totpAuthenticators.userId, totpAuthenticators.id],
  },
  {
    table: upstreamSignIns,
    sealed: upstreamSignIns.idTokenSealed,
    name: [upstreamSignIns.userId, upstreamSignIns.id],
    key: [upstreamSignIns.userId, upstreamSignIns.id],
  },
];

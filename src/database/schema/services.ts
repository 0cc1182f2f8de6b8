// The tables of services: who may introspect and revoke tokens, and receive some of their own.
import { sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, bytea, createdAt } from './columns.js';

/** A removed service keeps its row: events name it, and its name is free again. */
export const services = pgTable(
  'services',
  {
    /** Its client_id is derived from it (tokens/service-token.ts). */
    id: uuid('id').primaryKey(),
    name: text('name').notNull(),
    scopes: text('scopes').array().notNull(),
    /** Tokens for these it may introspect; empty: those for Watchword's own audience. */
    audiences: text('audiences').array().notNull(),
    /** For these it may get tokens of its own. */
    resources: text('resources').array().notNull(),
    /** SHA-256: a secret is 256 random bits, so nothing slower is needed. */
    secretHash: bytea('secret_hash').notNull(),
    /** Counts too, until the next rotation or until it is ended. */
    previousSecretHash: bytea('previous_secret_hash'),
    /** The number of the present secret. Each token carries the number of the secret that it was got with. */
    secretVersion: integer('secret_version').notNull().default(1),
    /** When the lowest number that is still good rose last. */
    tokensEndedAt: at('tokens_ended_at'),
    rotatedAt: at('rotated_at'),
    createdAt: createdAt(),
    disabledAt: at('disabled_at'),
  },
  (table) => [
    uniqueIndex('services_name')
      .on(table.name)
      .where(sql`disabled_at is null`),
  ],
);

/** Single access tokens of services that were revoked, until they would have expired. */
export const serviceTokenRevocations = pgTable(
  'service_token_revocations',
  {
    serviceId: uuid('service_id')
      .notNull()
      .references(() => services.id, { onDelete: 'cascade' }),
    jti: uuid('jti').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.serviceId, table.jti] }),
    index('service_token_revocations_expires_at').on(table.expiresAt),
  ],
);

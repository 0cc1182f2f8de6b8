// The tables of keys and of the installation's secrets.
import { boolean, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { JWK } from 'jose';
import { at, bytea, createdAt, setAt } from './columns.js';

/** A key's state follows from its row and the time (keys/signing-key.ts). An exclusion constraint keeps two from signing at once. */
export const signingKeys = pgTable('signing_keys', {
  kid: text('kid').primaryKey(),
  alg: text('alg', { enum: ['RS256'] }).notNull(),
  publicJwk: jsonb('public_jwk').$type<JWK>().notNull(),
  /** PKCS#8, sealed under the key-encryption key with the kid as associated data. */
  privateSealed: bytea('private_sealed'),
  publishedAt: setAt('published_at'),
  activateAt: at('activate_at'),
  retireAt: at('retire_at'),
  removeAt: at('remove_at'),
  revokedAt: at('revoked_at'),
});

/** One row. A trigger moves it in the transaction of any change to signing_keys; every instance looks at it each second. */
export const keyRingVersion = pgTable('key_ring_version', {
  id: boolean('id').primaryKey().default(true),
  version: integer('version').notNull(),
});

/** Random secrets of the whole installation, sealed with their name as associated data. */
export const serverSecrets = pgTable('server_secrets', {
  name: text('name').primaryKey(),
  sealed: bytea('sealed').notNull(),
  createdAt: createdAt(),
});

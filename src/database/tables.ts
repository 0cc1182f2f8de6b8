// Every table, by the name of its variable. A new schema file joins here.
import * as audit from './schema/audit.js';
import * as factors from './schema/factors.js';
import * as imports from './schema/imports.js';
import * as keys from './schema/keys.js';
import * as limits from './schema/limits.js';
import * as lookups from './schema/lookups.js';
import * as mail from './schema/mail.js';
import * as passkeys from './schema/passkeys.js';
import * as schema from './schema/users-and-sessions.js';
import * as services from './schema/services.js';
import * as turns from './schema/turns.js';
import * as upstream from './schema/upstream.js';

export const tables = {
  ...schema,
  ...audit,
  ...factors,
  ...imports,
  ...keys,
  ...limits,
  ...lookups,
  ...mail,
  ...passkeys,
  ...services,
  ...turns,
  ...upstream,
};

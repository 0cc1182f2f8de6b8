// Every table, by the name of its variable. A new schema file joins here.
import * as audit from './audit-schema.js';
import * as factors from './factors-schema.js';
import * as imports from './import-schema.js';
import * as keys from './keys-schema.js';
import * as limits from './limits-schema.js';
import * as lookups from './lookups-schema.js';
import * as mail from './mail-schema.js';
import * as passkeys from './passkeys-schema.js';
import * as schema from './schema.js';
import * as services from './services-schema.js';
import * as turns from './turns-schema.js';
import * as upstream from './upstream-schema.js';

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

import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: ['schema', 'audit-schema', 'limits-schema', 'mail-schema'].map((name) => `./src/database/${name}.ts`),
  out: './drizzle',
});

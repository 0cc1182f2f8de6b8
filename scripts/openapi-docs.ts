// Writes docs/openapi.json, the document as https://auth.example.com would serve it; with --check only compares.
import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import { format, resolveConfig } from 'prettier';
import { AppModule } from '../src/app.module.js';
import { cookieNames } from '../src/http/cookies.js';
import { documentOf } from '../src/openapi/document.js';
import type { Controller } from '../src/openapi/routes.js';

const FILE = 'docs/openapi.json';

interface Dynamic {
  readonly module: object;
  readonly controllers?: Controller[];
}

/** Of the module and all that it imports, without starting any of them. */
function controllersIn(module: object, seen = new Set<object>()): Controller[] {
  if (seen.has(module)) return [];
  seen.add(module);
  const of = <T>(key: string, target: object = module) => (Reflect.getMetadata(key, target) ?? []) as T[];
  const dynamic = 'module' in module ? (module as Dynamic) : undefined;
  const imported = of<object>(MODULE_METADATA.IMPORTS).flatMap((each) => controllersIn(each, seen));
  const own = [...of<Controller>(MODULE_METADATA.CONTROLLERS), ...(dynamic?.controllers ?? [])];
  return [...own, ...imported, ...(dynamic ? controllersIn(dynamic.module, seen) : [])];
}

const document = documentOf(controllersIn(AppModule), {
  publicUrl: 'https://auth.example.com',
  cookies: cookieNames({ hasSecureCookies: true, COOKIE_DOMAIN: undefined }),
});
const wanted = await format(JSON.stringify(document), { ...(await resolveConfig(FILE)), parser: 'json' });

if (!process.argv.includes('--check')) writeFileSync(FILE, wanted);
else if (readFileSync(FILE, 'utf8') !== wanted) {
  console.error(`${FILE} is stale: run npm run docs:openapi`);
  process.exitCode = 1;
}

// Finds and reads what scripts/build-pages.mjs made of web/.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Beside the bundle; from the sources; from what `npm run dev` compiles. */
const PLACES = ['./web/', '../../web/dist/', '../../../web/dist/'];

export interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  /** Instead of the policy of every answer. */
  readonly policy?: string;
  readonly encoded: Readonly<Partial<Record<'br' | 'gzip', Buffer>>>;
}

export interface BuiltPages {
  readonly document: string;
  /** By name, which has a hash of the content in it. */
  readonly assets: ReadonlyMap<string, PageFile>;
}

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** @throws if they are not built, or hold a file of a type that is not served */
export function readBuiltPages(): BuiltPages {
  const folder = PLACES.map((place) => new URL(place, import.meta.url)).find((place) =>
    existsSync(new URL('index.html', place)),
  );
  if (folder === undefined)
    throw new Error('The account pages are not built: run npm run build, or set ACCOUNT_PAGES=off.');
  const read = (name: string) => readFileSync(new URL(name, folder));
  const names = readdirSync(new URL('assets/', folder)).filter((name) => !/\.(br|gz)$/.test(name));
  return {
    document: read('index.html').toString(),
    assets: new Map(
      names.map((name) => [
        name,
        {
          type: typeOf(name),
          content: read(`assets/${name}`),
          encoded: { br: read(`assets/${name}.br`), gzip: read(`assets/${name}.gz`) },
        },
      ]),
    ),
  };
}

function typeOf(name: string): string {
  const type = types[name.slice(name.lastIndexOf('.') + 1)];
  if (type === undefined) throw new Error(`The account pages have a file of an unknown type: ${name}.`);
  return type;
}

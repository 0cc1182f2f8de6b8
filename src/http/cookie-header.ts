// Reads the Cookie header. cookie-parser is the only parser, so every caller sees the same values.
import cookieParser from 'cookie-parser';

/** The fields that cookie-parser reads and writes; its types assume Express. */
interface WithCookies {
  readonly headers: { readonly cookie: string };
  readonly cookies?: Readonly<Record<string, unknown>>;
}

const parse = cookieParser() as unknown as (request: WithCookies, response: object, done: () => void) => void;

/** @returns every value of the name in the header's order; cookie-parser alone keeps only the first */
export function cookieValues(header: string | undefined, name: string): string[] {
  if (!header?.includes(name)) return [];
  return header.split(';').flatMap((pair) => {
    if (!pair.includes(name)) return []; // 15,000 empty pairs cost the parser a millisecond for each name
    const request: WithCookies = { headers: { cookie: pair } };
    parse(request, {}, () => undefined);
    const value = request.cookies?.[name];
    // cookie-parser parses `j:` values as JSON objects. We never set such a cookie.
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
}

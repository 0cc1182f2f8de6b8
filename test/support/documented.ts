// Checks every answer that a test receives against docs/openapi.json: its status, code, body, headers and cookies.
import { readFileSync } from 'node:fs';
import { type AnySchema, Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Answer } from './client.js';

type Json = Record<string, any>;

export const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Json;
const { components, paths } = document as Record<'components' | 'paths', Json>;

const ajv = new Ajv2020({ strict: false, allErrors: true });
formats.default(ajv);
// Clients must expect further members; a test must see each of them documented.
ajv.addSchema({ $id: 'document', components: { schemas: closed(components['schemas']) } });

/** Every object with listed members takes no others; references lead to the closed schemas. */
function closed(schema: unknown): AnySchema {
  return JSON.parse(JSON.stringify(schema), (key, value: Json) => {
    if (key === '$ref') return `document${value as unknown as string}`;
    const isOpen = typeof value?.['properties'] === 'object' && !('additionalProperties' in value);
    return isOpen && value['type'] === 'object' ? { ...value, additionalProperties: false } : value;
  }) as AnySchema;
}

const compiled = new Map<string, ValidateFunction>();

function mistakesIn(name: string, schema: () => unknown, body: unknown): string {
  const validate = compiled.get(name) ?? ajv.compile(closed(schema()));
  compiled.set(name, validate);
  return validate(body) ? '' : ajv.errorsText(validate.errors, { dataVar: 'body' });
}

const patterns = Object.keys(paths).map((path) => {
  const text = path
    .replaceAll('.', '\\.')
    .replace(/\{page\}/, '(?!assets/).*')
    .replace(/\{\w+\}/g, '[^/]+');
  return { path, pattern: new RegExp(`^${text}$`) };
});

/** For an issuer with a path the metadata also stands elsewhere (src/http/issuer-path.ts). */
const metadata = /\/\.well-known\/(?:oauth-authorization-server|openid-configuration)/;

/** @returns the path as the document writes it */
function templateOf(url: string, { status }: Answer): string | undefined {
  const [path = ''] = url.split('?', 1);
  if (status === 200 && metadata.test(path)) return metadata.exec(path)?.[0];
  return path in paths ? path : patterns.find(({ pattern }) => pattern.test(decoded(path)))?.path;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const resolve = (node: Json): Json =>
  '$ref' in node
    ? String(node['$ref'])
        .slice(2)
        .split('/')
        .reduce<Json>((at, part) => at[part] as Json, document)
    : node;

/** @returns the codes of a refusal, undefined for an answer that is none */
const codesOf = (response: Json): string[] | undefined => {
  const [media] = Object.values((resolve(response)['content'] ?? {}) as Json) as Json[];
  return media?.['schema'].allOf?.[1].properties.code.enum as string[] | undefined;
};

/** These belong to the connection or to the body, not to the route. */
const ofTransport = new Set([
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'content-type',
  'transfer-encoding',
  'content-encoding',
]);
/** Requests that never reach a route, as the document's introduction says. */
const ofBrokenRequests = new Set([408, 417, 431]);
/** It has a port of its own. */
const OF_METRICS = '/metrics';
const withoutRoute = new Set(['not_found', 'invalid_request', 'csrf_rejected', 'body_too_large', 'internal_error']);

/**
 * @returns what the answer was, in the document's words; undefined outside of it
 * @throws a sentence that says what is not documented
 */
export function checkDocumented(method: string, url: string, answer: Answer): string | undefined {
  if (method === 'OPTIONS' || url === OF_METRICS || ofBrokenRequests.has(answer.status)) return undefined;
  const code = answer.json['code'] as string | undefined;
  const path = templateOf(url, answer);
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = path === undefined ? undefined : (paths[path][verb] as Json | undefined);
  const fail = (why: string) => new Error(`${method} ${url}: ${why}; ${HOW}`);
  if (!operation) {
    const isRefusal = answer.status >= 400 && (method === 'HEAD' || withoutRoute.has(code ?? ''));
    if (!isRefusal) throw fail(`docs/openapi.json has no such route, and it answers ${answer.status} ${code ?? ''}`);
    return undefined;
  }
  const response = responseTo(operation, answer, code);
  if (!response) throw fail(`${answer.status} ${code ?? ''} is not documented`);
  const name = `${verb.toUpperCase()} ${path} ${answer.status}`;
  const mistakes = [
    ...(method === 'HEAD' ? [] : mistakesInBody(name, response, answer)),
    ...mistakesInHeaders(response, answer),
    ...mistakesInCookies(response, answer),
  ];
  if (mistakes.length > 0) throw fail(mistakes.join(', '));
  return method === 'HEAD' ? undefined : [name, code].filter(Boolean).join(' ');
}

const HOW = 'say it at the route with @Documented() (src/http/documented.decorator.ts), then npm run docs:openapi';

function responseTo({ responses }: Json, { status }: Answer, code: string | undefined): Json | undefined {
  const response = responses[status] === undefined ? undefined : resolve(responses[status] as Json);
  if (response && (code === undefined || codesOf(response)?.includes(code) !== false)) return response;
  return code === 'internal_error' ? resolve(responses.default as Json) : undefined;
}

function mistakesInBody(name: string, response: Json, { text, json, headers }: Answer): string[] {
  const content = Object.entries((response['content'] ?? {}) as Json);
  const type = String(headers['content-type'] ?? '');
  if (content.length === 0) return text === '' ? [] : ['no body is documented'];
  const [documented, media] = content.find(([each]) => type.split(';')[0] === each.split(';')[0]) ?? [];
  if (documented === undefined) return [`the type is ${type}, documented is ${content.map(([each]) => each).join()}`];
  if (!documented.endsWith('json')) return [];
  const { schema } = media as Json;
  const problem = schema.allOf?.[0] as Json | undefined; // beside it only the codes, which are checked by now
  const mistakes = problem
    ? mistakesIn(problem['$ref'] as string, () => problem, json)
    : mistakesIn(name, () => schema, json);
  return mistakes === '' ? [] : [mistakes];
}

function mistakesInHeaders(response: Json, { headers }: Answer): string[] {
  const named = Object.entries((response['headers'] ?? {}) as Json).map(
    ([name, header]) => [name, resolve(header as Json)] as const,
  );
  const every = (document['x-headers-of-every-answer'] as string[]).map(
    (name) => [name, components['headers'][name] as Json] as const,
  );
  const documented = new Map([...every, ...named].map(([name, header]) => [name.toLowerCase(), header]));
  const missing = [...documented].filter(([name, { required }]) => required === true && headers[name] === undefined);
  const wrong = [...documented].filter(([name, { schema }]) => {
    const pattern = schema['pattern'] as string | undefined;
    return pattern !== undefined && headers[name] !== undefined && !new RegExp(pattern).test(String(headers[name]));
  });
  const unknown = Object.keys(headers).filter((name) => !documented.has(name) && !ofTransport.has(name));
  return [
    ...missing.map(([name]) => `lacks the header ${name}`),
    ...wrong.map(([name]) => `the header ${name} is not as documented`),
    ...unknown.map((name) => `the header ${name} is not documented`),
  ];
}

/** The document has the names of https; over http they have no prefix. */
/** A browser has a cookie of its own for each request at a provider: the document names what its name begins with. */
const bare = (name: string) => name.replace(/^__(?:Host|Secure)-/, '').replace(/^upstream-.*/, 'upstream-');

function mistakesInCookies(response: Json, { cookies }: Answer): string[] {
  const documented = new Set(((response['headers']?.['Set-Cookie']?.['x-cookies'] ?? []) as string[]).map(bare));
  const sent = new Set(cookies.map((line) => bare(line.split('=', 1)[0] ?? '')));
  return [...sent].filter((name) => !documented.has(name)).map((name) => `the cookie ${name} is not documented`);
}

/** Every answer of the document, in its words; `internal_error` stands for all routes in the table of codes. */
export function documentedAnswers(): string[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations as Json).flatMap(([method, { responses }]) =>
      Object.entries(responses as Json)
        .filter(([status]) => status !== 'default')
        .flatMap(([status, response]) => {
          const name = `${method.toUpperCase()} ${path} ${status}`;
          return codesOf(response as Json)?.map((code) => `${name} ${code}`) ?? [name];
        }),
    ),
  );
}

export interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  /** Needs an access token. */
  readonly isClosed: boolean;
  readonly codes: readonly string[];
  /** Of the body, those that are required; undefined where none is taken. */
  readonly fields: readonly string[] | undefined;
}

export const documentedRoutes: readonly DocumentedRoute[] = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations as Json).map(([method, { security, responses, requestBody }]) => ({
    method: method.toUpperCase(),
    path,
    isClosed: security.length > 0 && security.every((each: Json) => 'bearer' in each || 'cookie' in each),
    codes: Object.values(responses as Json).flatMap((response) => codesOf(response as Json) ?? []),
    fields: requestBody && ((Object.values(requestBody.content as Json)[0] as Json)['schema'].required ?? []),
  })),
);

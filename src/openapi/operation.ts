// One route of the document: what it takes, and each of its answers.
import * as z from 'zod';
import { Refusal, type RefusalCode } from '../errors.js';
import type { Answered, CookieOfAnswer } from '../http/documented.decorator.js';
import type { Examples } from './examples.js';
import { ownHeaders, shared } from './headers.js';
import { refusalsOf } from './implied-refusals.js';
import type { Json, JsonSchemas } from './json-schema.js';
import type { Route } from './routes.js';

export type CookieNames = Readonly<Record<CookieOfAnswer, string>>;

interface Means {
  readonly schemas: JsonSchemas;
  readonly examples: Examples;
  readonly cookies: CookieNames;
}

export function operationOf(route: Route, means: Means): Json {
  const { under, does, note } = route.documentation;
  const parameters = parametersOf(route, means.schemas);
  return {
    operationId: idOf(route),
    tags: [under],
    summary: does,
    ...(note === undefined ? {} : { description: note }),
    security: securityOf(route),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: bodyOf(route, route.body, means.schemas) } : {}),
    responses: {
      ...answersByStatus(route, means),
      ...refusalsByStatus(route, means),
      default: refusedOf(['internal_error'], route, means),
    },
  };
}

/** Stable while the path is: `postAuthLogin`, `deleteAuthSessionsId`. */
const idOf = ({ method, path }: Route): string =>
  [method.toLowerCase(), ...path.split(/[^a-z0-9]+/i)]
    .filter((word) => word !== '')
    .map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

function securityOf({ isPublic, isForServices, documentation }: Route): Json[] {
  if (isForServices) return [{ service: [] }, {}]; // or with client_id and client_secret in the form
  if (!isPublic) return [{ bearer: [] }, { cookie: [] }];
  const taken = documentation.takes ?? [];
  return [...taken.map((each) => ({ [each]: [] })), ...(taken.length > 0 ? [{}] : [])];
}

function parametersOf({ documentation, query, takesKeyProof }: Route, schemas: JsonSchemas): Json[] {
  const parameter = (where: string, name: string, required: boolean, schema: Json): Json => {
    const { description, ...rest } = schema;
    return { in: where, name, required, ...(description === undefined ? {} : { description }), schema: rest };
  };
  const inPath = Object.entries(documentation.path ?? {}).map(([name, schema]) =>
    parameter('path', name, true, schemas.ofInput(schema)),
  );
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) =>
    parameter(
      'query',
      name,
      !z.safeParse(schema as z.ZodType, undefined).success,
      schemas.ofInput(schema as z.ZodType),
    ),
  );
  const proof = takesKeyProof ? { DPoP: 'A proof of the key that the session is bound to (RFC 9449 §4).' } : {};
  const inHeader = Object.entries({ ...proof, ...documentation.reads }).map(([name, description]) =>
    parameter('header', name, false, { description, type: 'string' }),
  );
  return [...inPath, ...inQuery, ...inHeader];
}

function bodyOf({ isOAuth }: Route, body: z.ZodType, schemas: JsonSchemas): Json {
  const isOptional = z.safeParse(body, undefined).success;
  const type = isOAuth ? 'application/x-www-form-urlencoded' : 'application/json';
  return { required: !isOptional, content: { [type]: { schema: schemas.ofInput(body) } } };
}

const answersByStatus = (route: Route, means: Means): Json =>
  Object.fromEntries(
    Object.entries(route.documentation.answers).map(([status, each]) => [status, answerOf(route, status, each, means)]),
  );

function answerOf({ method, path }: Route, status: string, answered: Answered, { schemas, examples, cookies }: Means) {
  const { says, body, type = 'application/json', orAs = {}, cookies: kinds = [], headers = {} } = answered;
  const others = Object.entries(orAs).map(([name, schema]) => [name, { schema: schemas.ofOutput(schema) }]);
  const example = examples.answers[`${method} ${path} ${status}`];
  const media = body && { schema: schemas.ofOutput(body), ...(example === undefined ? {} : { example }) };
  const names = kinds.map((kind) => cookies[kind]);
  return {
    description: says,
    headers: { ...shared('X-Request-Id'), ...ownHeaders(headers), ...(names.length > 0 ? setCookie(names) : {}) },
    ...(media ? { content: { [type]: media, ...(Object.fromEntries(others) as Json) } } : {}),
  };
}

/** OpenAPI has no place for the names of cookies: hence the extension. */
const setCookie = (names: readonly string[]): Json => ({
  'Set-Cookie': {
    description: `Sets or clears ${names.map((name) => `\`${name}\``).join(', ')}, each in a line of its own.`,
    schema: { type: 'string' },
    'x-cookies': names,
  },
});

function refusalsByStatus(route: Route, means: Means): Json {
  const codes = refusalsOf(route);
  const statusOf = (code: RefusalCode) => new Refusal(code).status;
  const of = (status: number) => codes.filter((code) => statusOf(code) === status);
  return Object.fromEntries(
    [...new Set(codes.map(statusOf))].map((status) => [status, refusedBeside(status, of(status), route, means)]),
  );
}

/** A status that the route also answers without a refusal, such as a page that says that there is no such page. */
function refusedBeside(status: number, codes: readonly RefusalCode[], route: Route, means: Means): Json {
  const answered = route.documentation.answers[status];
  if (answered === undefined) return refusedOf(codes, route, means);
  const refusal = refused(codes, means.examples);
  const { content } = answerOf(route, String(status), answered, means);
  return {
    ...refusal,
    description: [refusal['description'], `- ${answered.says}`].join('\n'),
    content: Object.assign({}, refusal['content'], content),
  };
}

/** Most statuses have one code: that answer stands in `components.responses`. */
function refusedOf(codes: readonly RefusalCode[], route: Route, { examples, cookies }: Means): Json {
  const cleared = route.documentation.refusalCookies?.map((kind) => cookies[kind]) ?? [];
  if (codes.length === 1 && !route.isOAuth && cleared.length === 0)
    return { $ref: `#/components/responses/${codes[0]}` };
  return refused(codes, examples, { isOAuth: route.isOAuth, cleared });
}

interface Manner {
  readonly isOAuth: boolean;
  readonly cleared: readonly string[];
}

export function refused(
  codes: readonly RefusalCode[],
  examples: Examples,
  { isOAuth, cleared }: Manner = { isOAuth: false, cleared: [] },
): Json {
  const { status } = new Refusal(codes[0] ?? 'internal_error');
  const challenges = status === 401 || codes.some((code) => withChallenge.has(code));
  const named = codes.map((code) => (isOAuth ? `oauth_${code}` : code)).filter((name) => name in examples.refusals);
  return {
    description: codes.map((code) => `- \`${code}\`: ${new Refusal(code).message}`).join('\n'),
    headers: {
      ...shared(
        'X-Request-Id',
        ...(challenges ? (['WWW-Authenticate'] as const) : []),
        ...(codes.includes('dpop_nonce_required') ? (['DPoP-Nonce'] as const) : []),
        ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
      ),
      ...(cleared.length > 0 ? setCookie(cleared) : {}),
    },
    content: {
      [isOAuth ? 'application/json' : 'application/problem+json']: {
        schema: {
          allOf: [
            { $ref: `#/components/schemas/${isOAuth ? 'OAuthProblem' : 'Problem'}` },
            { properties: { code: { enum: codes } } },
          ],
        },
        examples: Object.fromEntries(named.map((name) => [name, { $ref: `#/components/examples/${name}` }])),
      },
    },
  };
}

/** Statuses other than 401 that carry a challenge. */
const withChallenge = new Set<RefusalCode>([
  'reauthentication_required',
  'ambiguous_token',
  'dpop_proof_invalid',
  'user_token_required',
  'forbidden',
]);

// Makes the OpenAPI 3.1 document from the routes.
import { version } from '../config/version.js';
import { headings } from '../http/documented.decorator.js';
import { oauthProblem, problem } from '../http/problem.js';
import { refusalCodes } from '../errors.js';
import { readExamples } from './examples.js';
import { headersOfEveryAnswer, sharedHeaders } from './headers.js';
import { type Json, JsonSchemas } from './json-schema.js';
import { type CookieNames, operationOf, refused } from './operation.js';
import { type Controller, routesOf } from './routes.js';

interface Place {
  readonly publicUrl: string;
  readonly cookies: CookieNames;
}

const info = {
  title: 'Watchword',
  version,
  summary: 'Sign-in, sessions and the keys that verify their access tokens.',
  description: [
    'A refusal is `application/problem+json`. Decide by its `code`; its `session` says whether the session goes on.',
    'Unknown fields, unknown query parameters and a body where none is taken are refused.',
    'A browser sends its cookies by itself. A request that changes something and has cookies must come from the origin of',
    'the service or from a listed one (`csrf_rejected`).',
    'Every answer has the headers that `x-headers-of-every-answer` names. Requests that are not HTTP, or too large or slow',
    'for it, get 400, 408, 417 or 431 with `invalid_request`.',
  ].join('\n'),
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
};

/** @param controllers of every route; each route of them has `@Documented()` */
export function documentOf(controllers: readonly Controller[], { publicUrl, cookies }: Place): Json {
  const schemas = new JsonSchemas();
  const examples = readExamples();
  for (const each of [problem, oauthProblem]) schemas.ofOutput(each.optional());
  const paths: Record<string, Json> = {};
  const routes = routesOf(controllers).toSorted(
    (a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method),
  );
  for (const route of routes) {
    const operation = operationOf(route, { schemas, examples, cookies });
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  const referred = JSON.stringify(paths);
  const responses = refusalCodes
    .filter((code) => referred.includes(`#/components/responses/${code}"`))
    .map((code) => [code, refused([code], examples)] as const);
  return {
    openapi: '3.1.1',
    info,
    servers: [{ url: publicUrl }],
    tags: Object.entries(headings).map(([name, description]) => ({ name, description })),
    paths,
    'x-headers-of-every-answer': headersOfEveryAnswer,
    components: {
      schemas: schemas.components,
      responses: Object.fromEntries(responses),
      headers: sharedHeaders,
      examples: Object.fromEntries(
        Object.entries(examples.refusals)
          .filter(([name]) => JSON.stringify([paths, responses]).includes(`#/components/examples/${name}"`))
          .map(([name, value]) => [name, { value }]),
      ),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'An access token.' },
        cookie: { type: 'apiKey', in: 'cookie', name: cookies.access, description: 'An access token in its cookie.' },
        service: { type: 'http', scheme: 'basic', description: 'Client id and secret of a service.' },
        refreshCookie: { type: 'apiKey', in: 'cookie', name: cookies.refresh, description: 'A refresh token.' },
      },
    },
  };
}

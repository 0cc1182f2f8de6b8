// Bodies made from the schemas of the document: those within never cause a 5xx, those outside are always refused.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { administrator } from './support/admins.js';
import { bearer, call, mobile } from './support/client.js';
import { document, documentedRoutes } from './support/documented.js';
import { startServiceForTest } from './support/service.js';

interface Field {
  readonly type: string;
  readonly enum?: string[];
  readonly maxLength?: number;
}

const fieldsOf = (method: string, path: string) => {
  const schema = document['paths'][path][method.toLowerCase()].requestBody?.content['application/json']?.schema;
  return schema?.properties as Record<string, Field> | undefined;
};

/** A text begins with its field: a secret that is also somebody's name for an app would seem to stand in the database. */
const within = ([name, { type, enum: words, maxLength = 300 }]: [string, Field]): fc.Arbitrary<unknown> => {
  if (words) return fc.constantFrom(...words);
  if (type === 'boolean') return fc.boolean();
  const most = Math.min(maxLength, 300);
  return fc.string({ unit: 'grapheme', maxLength: most }).map((text) => `${name} ${text}`.slice(0, most));
};

const outside = ({ type, enum: words, maxLength }: Field): fc.Arbitrary<unknown> => {
  const foreign = [
    fc.integer(),
    fc.array(fc.string()),
    fc.dictionary(fc.stringMatching(/^[a-f]{1,8}$/), fc.integer()),
    fc.constant(null),
  ];
  if (words)
    return fc.oneof(
      fc.string().filter((text) => !words.includes(text)),
      ...foreign,
    );
  if (type === 'boolean') return fc.oneof(fc.string(), ...foreign);
  return fc.oneof(
    fc.boolean(),
    ...(maxLength === undefined ? [] : [fc.constant('x'.repeat(maxLength + 1))]),
    ...foreign,
  );
};

const routes = documentedRoutes.filter(({ method, path }) => fieldsOf(method, path));

it('of every route: a body within its schema is never a 5xx, one outside is invalid_request with a path', async () => {
  const service = await startServiceForTest({
    RATE_LIMITS: 'off',
    MAGIC_LINKS: 'on',
    MIGRATION_ISSUER: 'the old system',
  });
  const { accessToken } = await mobile(service.url);
  const own = bearer(accessToken);
  const admins = bearer((await administrator(service)).tokens.accessToken);
  expect(routes.length).toBeGreaterThan(10);
  for (const { method, path, isClosed, fields: required = [] } of routes) {
    const { ticket, ...others } = fieldsOf(method, path) ?? {};
    // Beside an access token a ticket is another caller (`ambiguous_token`).
    const fields: Record<string, Field> = isClosed || !ticket ? others : { ...others, ticket };
    if (Object.keys(fields).length === 0) continue;
    const headers = path.startsWith('/admin') ? admins : own;
    const send = (body: unknown) => call(service.url, method, path, { body, ...(isClosed ? { headers } : {}) });
    const good = fc.record(Object.fromEntries(Object.entries(fields).map((field) => [field[0], within(field)])), {
      requiredKeys: [...required],
    });
    await fc.assert(
      fc.asyncProperty(good, async (body) => {
        expect((await send(body)).status).toBeLessThan(500);
      }),
      { numRuns: 8 },
    );
    const bad = fc.constantFrom(...Object.keys(fields)).chain((name) => {
      const field = fields[name] as Field;
      return fc.tuple(good, outside(field)).map(([body, value]) => ({ name, body: { ...body, [name]: value } }));
    });
    await fc.assert(
      fc.asyncProperty(bad, async ({ name, body }) => {
        const { json } = await send(body);
        expect([path, json['code'], json['errors']?.[0] !== undefined]).toEqual([path, 'invalid_request', true]);
        expect((json['errors'] as { path: string }[]).map((each) => each.path.split('.')[0])).toContain(name);
      }),
      { numRuns: 12 },
    );
  }
});

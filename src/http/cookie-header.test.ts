import cookieParser from 'cookie-parser';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cookieValues } from './cookie-header.js';

const parse = cookieParser() as unknown as (request: object, reply: object, done: () => void) => void;

function firstOf(header: string, name: string): unknown {
  const request: { headers: object; cookies?: Record<string, unknown> } = { headers: { cookie: header } };
  parse(request, {}, () => undefined);
  return request.cookies?.[name];
}

const space = fc.constantFrom('', ' ', '\t', '\v', '\f', '\u00a0', '\u3000', '"');
const pair = fc
  .tuple(space, fc.constantFrom('token', 'other', 'Token'), space, fc.constantFrom('=', '', '=='), space, fc.string())
  .map((parts) => parts.join(''));

it('the first value of a cookie is always the one that cookie-parser returns', () => {
  fc.assert(
    fc.property(fc.array(pair), (pairs) => {
      const header = pairs.join(';');
      const first = firstOf(header, 'token');
      fc.pre(first === undefined || (typeof first === 'string' && first !== ''));
      expect(cookieValues(header, 'token')[0]).toBe(first);
    }),
  );
});

it('every value of a cookie is returned, in the order of the header', () => {
  expect(cookieValues('token=a; x=1; token=b;token="c"; token=', 'token')).toEqual(['a', 'b', 'c']);
  expect(cookieValues(undefined, 'token')).toEqual([]);
  expect(cookieValues('token=j:{"a":1}', 'token')).toEqual([]);
});

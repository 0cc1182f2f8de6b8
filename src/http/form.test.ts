// Forms as others encode them, and as attackers do.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseForm } from './form.js';

const parsed = (text: string) => parseForm(Buffer.from(text));
const fails = (text: string | Buffer) => () => parseForm(Buffer.from(text));

describe('a form', () => {
  it('gives back what an encoder of others wrote', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 }).filter((each) => each.isWellFormed());
    const entries = fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 20 });
    fc.assert(
      fc.property(entries, (all) => {
        const given = all.filter(([name]) => name !== 'resource' && name !== '__proto__');
        expect(Object.entries(parsed(new URLSearchParams(given).toString())).toSorted()).toEqual(given.toSorted());
      }),
    );
  });

  it('never fails with anything but a refusal, whatever the bytes are', () => {
    const outcomeOf = (bytes: Uint8Array) => {
      try {
        return typeof parseForm(Buffer.from(bytes));
      } catch (error) {
        return (error as { code?: unknown }).code;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['object', 'invalid_request']).toContain(outcomeOf(bytes));
      }),
    );
  });

  it('leaves out what has no value (RFC 6749 §3.2)', () => {
    expect(parsed('a=&b&=&&c=1')).toEqual({ c: '1' });
  });

  it('takes a parameter once, even empty, however it is spelt (RFC 6749 §3.2)', () => {
    for (const text of ['a=1&a=1', 'a=1&a=', 'a&a', 'a=1&%61=1', 'client_secret=x&client%5Fsecret=y'])
      expect(fails(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('takes resource several times (RFC 8707 §2)', () => {
    expect(parsed('resource=a&resource=&resource=b')).toEqual({ resource: ['a', 'b'] });
  });

  it('is not well formed with half an escape, or bytes that are no UTF-8', () => {
    for (const text of ['a=%', 'a=%e', 'a=%zz', '%=1', 'a=%ff', Buffer.of(0x61, 0x3d, 0xff)])
      expect(fails(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('has at most 50 parameters', () => {
    const some = (count: number) => Array.from({ length: count }, (_, at) => `p${at}=1`).join('&');
    expect(Object.keys(parsed(some(50)))).toHaveLength(50);
    expect(fails(some(51))).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    expect(fails('&'.repeat(60_000))).not.toThrow();
  });

  it('is no way to the prototype', () => {
    const form = parsed('__proto__=x&constructor=y&a=1');
    expect(Object.getPrototypeOf(form)).toBe(Object.prototype);
    expect(form['a']).toBe('1');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

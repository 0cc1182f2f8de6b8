// Reads the form of an OAuth request (RFC 6749 §3.2, Appendix B). Pure.
import { Refusal } from '../errors.js';
import { unknownName } from './invalid-request.js';

/** A parameter without a value counts as omitted. `resource` alone may come several times (RFC 8707 §2). */
export type Form = Readonly<Record<string, string | readonly string[]>>;

const MAX_PARAMETERS = 50;
const REPEATABLE = new Set(['resource']);

/** @throws Refusal `invalid_request` for a form that is not well formed, or repeats a parameter */
export function parseForm(body: Buffer): Form {
  const parts = asText(body)
    .split('&', MAX_PARAMETERS + 1)
    .filter((part) => part !== '');
  if (parts.length > MAX_PARAMETERS) throw wrong('The form has too many parameters.');
  const values = new Map<string, string[]>();
  for (const part of parts) {
    const [name, value] = pairOf(part);
    const earlier = values.get(name);
    if (earlier && !REPEATABLE.has(name)) throw wrong(`Repeated: ${unknownName('parameter', name)}`);
    values.set(name, [...(earlier ?? []), ...(value === '' ? [] : [value])]);
  }
  return Object.fromEntries(
    [...values].flatMap(([name, all]) => {
      const [first] = all;
      return first === undefined ? [] : [[name, REPEATABLE.has(name) ? all : first]];
    }),
  );
}

/** Undoes the encoding `application/x-www-form-urlencoded`. @returns undefined for a text that is not well formed */
export function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function pairOf(part: string): [name: string, value: string] {
  const at = part.includes('=') ? part.indexOf('=') : part.length;
  const [name, value] = [formDecoded(part.slice(0, at)), formDecoded(part.slice(at + 1))];
  if (name === undefined || value === undefined) throw wrong('The form is not well encoded.');
  return [name, value];
}

function asText(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new Refusal('invalid_request', { cause });
  }
}

const wrong = (message: string) => new Refusal('invalid_request', { errors: [{ path: '', message }] });

// Lists the wrong fields of a body or a query, with the reasons.
import { Refusal } from '../errors.js';

interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[] | undefined;
  /** From zod: names that are not in the schema. */
  readonly keys?: readonly string[];
}

/** Never repeats a value. */
export const toInvalidRequest = (issues: readonly Issue[]) => {
  const errors = issues.slice(0, 20).map(({ message, path, keys }) => ({
    path: pathText(path).slice(0, 100),
    message: keys ? unknownName('field', keys[0] ?? '') : message.slice(0, 200),
  }));
  return new Refusal('invalid_request', { errors });
};

/** Does not repeat a long or strange name: it may be a secret in the wrong place. */
export const unknownName = (kind: string, name: string): string =>
  /^[\w.-]{1,64}$/.test(name) ? `Unknown ${kind}: \`${name}\`.` : `Unknown ${kind}.`;

const pathText = (path: readonly unknown[] = []) =>
  path.map((part) => String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part)).join('.');

// What does a caller hear whose body or query failed its schema? Which fields, and why.
import { Refusal } from '../errors.js';

/** Never repeats a value, nor the name of a field that the route does not know. */
export const toInvalidRequest = (issues: readonly { message: string; path?: readonly unknown[] | undefined }[]) => {
  const errors = issues.slice(0, 20).map(({ message, path }) => ({
    path: pathText(path).slice(0, 100),
    message: message.startsWith('Unrecognized')
      ? 'There is a field that the route does not know.'
      : message.slice(0, 200),
  }));
  return new Refusal('invalid_request', { errors });
};
const pathText = (path: readonly unknown[] = []) =>
  path.map((part) => String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part)).join('.');

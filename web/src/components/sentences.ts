// Turns a refusal into a sentence that says what to do next.
import type { Refused } from '../../../packages/client/src/main.js';
import { codeOf } from '../requests.js';
import { reasonKey } from './reasons.js';
import { isTextKey, t, type TextKey } from '../text.js';

/** Sentences of one form, for codes that mean something of their own there. */
export type Says = Readonly<Record<string, TextKey>>;

/** Codes that are an objection to a field of one form. */
export type Objects = Readonly<Record<string, readonly [field: string, text: TextKey]>>;

export function sentenceOf(refused: Refused, says: Says = {}): string {
  const code = codeOf(refused);
  const key = `errors.${code}`;
  return t(says[code] ?? (isTextKey(key) ? key : 'errors.failed'), { code });
}

/** @returns what is wrong with the field of this name, as the service says */
export function objectionTo(
  name: string,
  refused: Refused,
  passwordField: string,
  objects: Objects,
): string | undefined {
  const [field, text] = objects[codeOf(refused)] ?? [];
  if (field === name && text !== undefined) return t(text);
  if (refused.code === 'password_rejected') return name === passwordField ? reasonIn(refused) : undefined;
  const isNamed = refused.code === 'invalid_request' && refused.errors?.some(({ path }) => path === name);
  return isNamed ? t(/email/i.test(name) ? 'errors.email' : 'errors.field') : undefined;
}

function reasonIn({ errors }: Refused): string {
  const { key, count } = reasonKey(errors?.[0]?.message);
  return t(key, { count });
}

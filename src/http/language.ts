// Finds the language that a browser asks for, for pages and mails.
import Negotiator from 'negotiator';
import { type Language, languages } from '../config/languages.js';

interface Asking {
  readonly headers: { readonly 'accept-language'?: string | undefined };
}

/** @param otherwise for a browser that asks for none of ours: DEFAULT_LANGUAGE */
export function languageOf({ headers }: Asking, otherwise: Language): Language {
  const header = headers['accept-language'];
  if (header === undefined) return otherwise;
  // Of languages that are equally welcome the first one of this list is taken.
  const ours = [otherwise, ...languages.filter((each) => each !== otherwise)];
  const [best] = new Negotiator({ headers: { 'accept-language': header } }).languages(ours);
  return languages.find((each) => each === best) ?? otherwise;
}

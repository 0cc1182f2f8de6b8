// Says something in the language of the reader.
import { language, type TextKey, texts } from './language.js';

export type { TextKey } from './language.js';
export type Params = Readonly<Record<string, string | number>>;

/** @param params fill the text's {names} */
export function t(key: TextKey, params: Params = {}): string {
  return texts()[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

export const isTextKey = (key: string): key is TextKey => Object.hasOwn(texts(), key);

/** @returns such as "1 minute" or "12 seconds" */
export function duration(seconds: number): string {
  const [amount, unit] =
    seconds < 100 ? [seconds, 'second'] : seconds < 6000 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'long' }).format(Math.ceil(amount));
}

/** @returns date and time as the reader writes them: in Britain otherwise than in America */
export function moment(at: string | Date): string {
  const regional = navigator.languages.find((each) => each.split('-', 1)[0] === language());
  return new Intl.DateTimeFormat(regional ?? language(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(at),
  );
}

/** @returns the language's own name for itself */
export function nameOfLanguage(code: string): string {
  const name = new Intl.DisplayNames(code, { type: 'language' }).of(code) ?? code;
  return name.slice(0, 1).toLocaleUpperCase(code) + name.slice(1);
}

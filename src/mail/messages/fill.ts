// Puts values into a text with names in braces, each value escaped for where the text goes.

export type Values = Readonly<Record<string, string>>;
type Escape = (value: string) => string;

const PLACEHOLDER = /\{(\w+)\}/g;

/** One pass: braces inside a value are text and name nothing. A name without a value is left out. */
export const fill = (text: string, values: Values, escape: Escape): string =>
  text
    .split(PLACEHOLDER)
    // Every second part is a name that stood in braces.
    .map((part, at) => escape(at % 2 === 0 ? part : (values[part] ?? '')))
    .join('');

/** @returns the names that stand in braces */
export const namesIn = (text: string): string[] => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name);

/** Line breaks, which would begin a new header, other control characters, and those that turn the direction of text. */
export const CONTROL = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu;

/** For a subject and for plain text. */
export const oneLine: Escape = (value) => value.replaceAll(CONTROL, ' ');

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For the content of an element and for an attribute in quotes. */
export const asHtml: Escape = (value) =>
  oneLine(value).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

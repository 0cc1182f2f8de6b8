// HTML in which every value is text: a tag for templates. Named `html`, prettier would change the spaces in it.
export interface Html {
  readonly text: string;
}

type Value = unknown;

/** Escapes each value that is not itself such a template. */
export const markup = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  text: parts.map((part, at) => part + (at < values.length ? textOf(values[at]) : '')).join(''),
});

/** For text that is HTML already. */
export const raw = (text: string): Html => ({ text });

function textOf(value: Value): string {
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value === 'object' && value !== null && 'text' in value) return String(value.text);
  return (typeof value === 'string' ? value : '').replaceAll(
    /[&<>"']/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

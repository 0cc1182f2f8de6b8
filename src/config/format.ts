// Reads the text of a setting into a value, or into a sentence that says what to write instead.
import * as z from 'zod';

/** A problem, as the rest of a sentence that begins with the setting's name. It never contains the value. */
export class Wrong {
  constructor(readonly sentence: string) {}
}

export const format = <T>(read: (text: string) => T | Wrong) =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (!(value instanceof Wrong)) return value;
    context.addIssue({ code: 'custom', message: value.sentence });
    return z.NEVER;
  });

/** Env files from Windows end their lines with CR LF, and `docker --env-file` keeps quotes. */
export function asWritten(text: string | undefined, isVerbatim: boolean): string | undefined | Wrong {
  const value = isVerbatim ? text?.replace(/[\r\n]+$/, '') : text?.trim();
  if (value === undefined || value === '') return undefined;
  if (!isVerbatim && /^["'`\u201c\u2018].*["'`\u201d\u2019]$/su.test(value))
    return new Wrong('is wrapped in quotes, which are part of the value here: write it without them');
  return value;
}

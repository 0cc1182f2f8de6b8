// One line of what `upstream check` found out.

export interface Finding {
  /** `note`: nothing must be changed, or nothing can be told. */
  readonly state: 'ok' | 'wrong' | 'note';
  /** For programs. */
  readonly check: string;
  /** For people: what is so, and what to change at the provider or in the file. */
  readonly sentence: string;
}

type Found = (check: string, sentence: string) => Finding;

export const ok: Found = (check, sentence) => ({ state: 'ok', check, sentence });
export const wrong: Found = (check, sentence) => ({ state: 'wrong', check, sentence });
export const note: Found = (check, sentence) => ({ state: 'note', check, sentence });

/** A text of the provider, fit for a terminal: short, and without control characters. */
export const shown = (text: unknown) =>
  String(text)
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 200);

// Recognizes the service's reasons against a password (credentials/password/password-rules.ts), which are in English.

const reasons = [
  [/at least (\d+) characters/, 'reasons.short'],
  [/at most (\d+) characters/, 'reasons.long'],
  [/most common/, 'reasons.common'],
  [/repetitions/, 'reasons.runs'],
  [/without your address/, 'reasons.named'],
  [/breach/, 'reasons.breach'],
] as const;

type ReasonKey = (typeof reasons)[number][1] | 'reasons.other';

export function reasonKey(message = ''): { readonly key: ReasonKey; readonly count: string } {
  for (const [pattern, key] of reasons) {
    const found = pattern.exec(message);
    if (found) return { key, count: found[1] ?? '' };
  }
  return { key: 'reasons.other', count: '' };
}

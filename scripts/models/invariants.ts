// Which invariants the models check: each assertion and each formula of a .pml file has the name of one.

/** R1, V11, K2, F3, T1: the names that the pages of docs/protocols/ and the tests use. */
export const INVARIANT = /\b[RVKFT][1-9]\d?\b/g;

/** @param model the text of a .pml file. @returns the names, in order. @throws Error for an assertion without a name */
export function invariantsOf(model: string): readonly string[] {
  const stated = model.replaceAll(/^#define HOLDS.*$/gm, '');
  if (/\bassert\b/.test(stated)) throw new Error('an assertion has no name: use HOLDS(names, what)');
  const texts = [...stated.matchAll(/\bHOLDS\(([^,]*),|^ltl +(\w*)/gm)].map(([, names, name]) => names ?? name ?? '');
  const found = texts.flatMap((text) => {
    const names = text.match(INVARIANT);
    if (names?.join(' ') !== text) throw new Error(`"${text}" is not the name of an invariant`);
    return names;
  });
  return [...new Set(found)].toSorted(byNumber);
}

/** R2 before R10, K before R. */
export function byNumber(a: string, b: string): number {
  return a.charCodeAt(0) - b.charCodeAt(0) || Number(a.slice(1)) - Number(b.slice(1));
}

// Checks a new password by NIST SP 800-63B-4 §3.1.1.2: long enough, not on the list, not built from guessable words.
// There are no rules of composition.
import { parse } from 'tldts';
import { fold, isCommon, lengthOf, SHORTEST_LISTED } from './common-passwords.js';

/** NIST requires at least 64; this bounds the work of the checks and the hash. */
const MAX_PASSWORD_LENGTH = 128;

/** Ordinary phrases contain shorter runs and shorter words of an address. */
const SHORTEST_RUN = 4;
const SHORTEST_WORD = 3;

export interface Circumstances {
  readonly minLength: number;
  readonly email: string;
  /** Public words of the service, such as its name. */
  readonly serviceWords: readonly string[];
}

/** @returns the reason of a refusal, as a sentence for the user; undefined if the password is acceptable */
export function objectionTo(password: string, { minLength, email, serviceWords }: Circumstances): string | undefined {
  if (!password.isWellFormed()) return 'The password is not valid Unicode.';
  const length = lengthOf(password.normalize('NFC'));
  if (length < minLength) return `The password must have at least ${minLength} characters.`;
  if (length > MAX_PASSWORD_LENGTH) return `The password must have at most ${MAX_PASSWORD_LENGTH} characters.`;
  const folded = fold(password);
  if (isCommon(folded)) return 'The password is one of the most common ones. Choose another.';
  // Case-sensitive: without case a random password would contain such runs, too.
  if (isWeak(folded, fold(withoutRuns(once(password)))))
    return 'The password is too easy to guess: without its repetitions and sequences, it is too short or too common.';
  const unnamed = without(folded, [...wordsOf(email), ...serviceWords]);
  if (unnamed !== folded && isWeak(folded, withoutRuns(once(unnamed))))
    return 'The password is too easy to guess: without your address and the name of this service, it is too short or too common.';
  return undefined;
}

/** The service's name, and the names in its host except the public suffix. */
export function serviceWordsOf(publicUrl: string): string[] {
  const { hostname, domainWithoutSuffix, subdomain } = parse(publicUrl);
  const labels = [domainWithoutSuffix, ...(subdomain ?? '').split('.')];
  return ['watchword', hostname, ...labels].flatMap((word) => (word && isWord(word) ? [fold(word)] : []));
}

/** Checks the rest as a password of its own, with and without the characters that joined it to the removed part. */
function isWeak(whole: string, left: string): boolean {
  if (left === whole) return false;
  const joined = left.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');
  return lengthOf(left) < SHORTEST_LISTED || isCommon(left) || isCommon(joined);
}

/** The address, its local part, and the parts of that. */
function wordsOf(email: string): string[] {
  const folded = fold(email);
  const local = folded.slice(0, folded.lastIndexOf('@'));
  return [folded, local, ...local.split(/[^\p{L}\p{N}]+/u)].filter(isWord);
}

const isWord = (word: string): boolean => lengthOf(word) >= SHORTEST_WORD;

/** Longer words first: `ada.lovelace` before `ada`. */
function without(text: string, words: readonly string[]): string {
  const longestFirst = words.toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((left, word) => left.replaceAll(word, ''), text);
}

/** A repeated text counts once. */
const once = (text: string): string => /^(.+?)\1+$/isu.exec(text)?.[1] ?? text;

/** Removes runs of at least four characters: 0000, abcd, 9876, and 7890 as on keyboards. */
export function withoutRuns(text: string): string {
  const characters = Array.from(text);
  let left = '';
  for (let at = 0; at < characters.length;) {
    const length = runAt(characters, at);
    if (length < SHORTEST_RUN) left += characters[at];
    at += length < SHORTEST_RUN ? 1 : length;
  }
  return left;
}

function runAt(characters: readonly string[], start: number): number {
  const step = stepAt(characters, start);
  if (step === undefined || Math.abs(step) > 1) return 1;
  let end = start + 1;
  while (stepAt(characters, end) === step) end++;
  return end - start + 1;
}

/** @returns the distance from this character to the next one; undefined at the end */
function stepAt(characters: readonly string[], at: number): number | undefined {
  const [from, to] = [characters[at], characters[at + 1]];
  if (from === undefined || to === undefined) return undefined;
  if (from === '9' && to === '0') return 1;
  if (from === '0' && to === '9') return -1;
  return (to.codePointAt(0) ?? 0) - (from.codePointAt(0) ?? 0);
}

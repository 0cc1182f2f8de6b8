// Which language a person reads, and its texts. Only the texts of that language are loaded.
import { useEffect, useState } from 'preact/hooks';
import type en from '../texts/en.json';
import { settings } from './settings.js';

export type Texts = typeof en;
export type TextKey = keyof Texts;

/** No secret: which language was chosen in the footer. */
const KEPT = 'watchword:language';
const files = import.meta.glob<Texts>('../texts/*.json', { import: 'default' });
const readers = new Set<() => void>();

let current = { language: 'en', texts: {} as Texts };

export const language = (): string => current.language;
export const texts = (): Texts => current.texts;

export async function startLanguage(): Promise<void> {
  await load(languageNow());
}

export async function chooseLanguage(chosen: string): Promise<void> {
  await load(chosen);
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // Storage is off: the choice holds until the page is left.
  }
}

/** Renders anew when another language is chosen. */
export function useLanguage(): string {
  const [chosen, setChosen] = useState(current.language);
  useEffect(() => {
    const read = () => setChosen(current.language);
    readers.add(read);
    return () => readers.delete(read) && undefined;
  }, []);
  return chosen;
}

async function load(chosen: string): Promise<void> {
  const file = files[`../texts/${chosen}.json`];
  if (file === undefined) throw new Error(`There are no texts in ${chosen}.`);
  current = { language: chosen, texts: await file() };
  document.documentElement.lang = chosen;
  for (const read of readers) read();
}

/** What was chosen here, else what the service found best for this browser. */
function languageNow(): string {
  const chosen = kept();
  return settings.languages.includes(chosen) ? chosen : settings.language;
}

function kept(): string {
  try {
    return localStorage.getItem(KEPT) ?? '';
  } catch {
    return '';
  }
}

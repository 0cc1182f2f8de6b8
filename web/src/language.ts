// Which language a person reads, and its texts. Only the texts of that language are loaded.
import { useEffect, useState } from 'preact/hooks';
import type administrators from '../texts/admin/en.json';
import type en from '../texts/en.json';
import { settings } from './settings.js';

export type Texts = typeof en & typeof administrators;
export type TextKey = keyof Texts;

/** No secret: which language was chosen in the footer. */
const KEPT = 'watchword:language';
const files = import.meta.glob<Partial<Texts>>('../texts/**/*.json', { import: 'default' });
const readers = new Set<() => void>();

/** Most people never see the pages of administrators: their texts are loaded with them. */
let isForAdministrators = false;
let current = { language: 'en', texts: {} as Texts };

export const language = (): string => current.language;
export const texts = (): Texts => current.texts;

export async function startLanguage(): Promise<void> {
  await load(languageNow());
}

export async function loadAdministratorsTexts(): Promise<void> {
  isForAdministrators = true;
  await load(current.language);
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
  const parts = await Promise.all(['', ...(isForAdministrators ? ['admin/'] : [])].map((part) => read(part + chosen)));
  current = { language: chosen, texts: Object.assign({}, ...parts) as Texts };
  document.documentElement.lang = chosen;
  for (const read of readers) read();
}

function read(name: string): Promise<Partial<Texts>> {
  const file = files[`../texts/${name}.json`];
  if (file === undefined) throw new Error(`There are no texts in ${name}.`);
  return file();
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

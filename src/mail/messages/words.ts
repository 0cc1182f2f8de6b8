// Writes times, durations and devices as a reader of that language does.
import type { Language } from '../../config/languages.js';
import { fill } from './fill.js';
import type { Texts } from './message-kinds.js';

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', de: 'de-DE' };
const units = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** In the largest unit of which there are two or more: 3 days, 24 hours, 30 minutes. */
export function durationIn(language: Language, seconds: number): string {
  const { unit, seconds: size } = units.find((each) => seconds >= 2 * each.seconds) ?? units[2];
  const style = { style: 'unit', unit, unitDisplay: 'long' } as const;
  return new Intl.NumberFormat(locales[language], style).format(Math.floor(seconds / size));
}

/** The service does not know its readers' time zones. @returns undefined for anything but a time */
export function timeIn(language: Language, at: unknown): string | undefined {
  const date = new Date(typeof at === 'string' ? at : NaN);
  if (Number.isNaN(date.getTime())) return undefined;
  const style = { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' } as const;
  return `${new Intl.DateTimeFormat(locales[language], style).format(date)} UTC`;
}

/** @param browser and system: names of our own list, or undefined */
export function deviceIn({ common }: Texts, browser: string | undefined, system: string | undefined): string {
  if (browser !== undefined && system !== undefined) return fill(common.device, { browser, system }, (text) => text);
  return browser ?? system ?? common.unknownDevice;
}

/** @returns undefined for anything but a kind of factor */
export function factorIn({ common }: Texts, factor: unknown): string | undefined {
  return factor === 'totp' || factor === 'passkey' || factor === 'recovery_codes' ? common[factor] : undefined;
}

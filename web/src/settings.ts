// The settings that the service puts into the document.
import type { PageSettings } from '../../packages/contract/src/account-pages.js';

const text = document.querySelector<HTMLMetaElement>('meta[name=watchword]')?.content ?? '';

export const settings = JSON.parse(text) as PageSettings;

// Draws each mail in Chromium, English and German, light and dark, into docs/images/mail/.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { languages } from '../src/config/languages.js';
import { kindOf } from '../src/mail/mail-kinds.js';
import { compose } from '../src/mail/messages/compose.js';
import { english } from '../src/mail/messages/english.js';
import { german } from '../src/mail/messages/german.js';
import { type MessageKind, messageKinds } from '../src/mail/messages/message-kinds.js';
import { startBrowser } from '../test/support/chromium.js';
import { sheetOf } from './screenshot.js';

const FOLDER = 'docs/images/mail';
const WIDTH = 440;
const brand = {
  name: 'Example',
  logoUrl: undefined,
  support: 'help@example.com',
  accent: { light: '#1d4ed8', dark: '#8ab4f8' },
  texts: { en: english, de: german },
};
const token = `wot_${'AbCdEfGhIjKl'.repeat(6).slice(0, 71)}`;
const data = {
  ...{ at: '2026-11-27T09:30:00Z', role: 'admin', ip: '203.0.113.7', browser: 'Firefox', system: 'Linux' },
  ...{ factor: 'totp', left: '2' },
};

/** Both languages side by side, light above dark. */
async function draw(browser: Browser, kind: MessageKind): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 100 } });
  const mails = languages.map((language) => {
    const { path = '', lifeSeconds = 0 } = kindOf(kind).link ?? {};
    const link = path ? { url: `https://auth.example.com/account/${path}#token=${token}`, lifeSeconds } : undefined;
    return compose(kind, { language, brand, link, data }).html;
  });
  const heights: number[] = [];
  for (const html of mails) {
    await page.setContent(html);
    heights.push(await page.evaluate('document.documentElement.scrollHeight'));
  }
  const height = Math.max(...heights);
  await page.setViewportSize({ width: WIDTH, height });
  const shots: Buffer[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const html of mails) {
      await page.setContent(html);
      shots.push(await page.screenshot());
    }
  }
  const whole = await sheetOf(page, shots, 2, WIDTH);
  await page.close();
  return whole;
}

mkdirSync(FOLDER, { recursive: true });
const browser = await startBrowser();
for (const kind of messageKinds) writeFileSync(`${FOLDER}/${kind}.png`, await draw(browser, kind));
await browser.close();

// Draws each mail in Chromium, English and German, light and dark, into docs/images/mail/.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { languages } from '../src/config/languages.js';
import { kindOf } from '../src/mail/mail-kinds.js';
import { compose } from '../src/mail/messages/compose.js';
import { english } from '../src/mail/messages/english.js';
import { german } from '../src/mail/messages/german.js';
import { type MessageKind, messageKinds } from '../src/mail/messages/message-kinds.js';
import { startBrowser } from '../test/support/chromium.js';
import { indexedPng } from './indexed-png.js';

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
const data = { at: '2026-11-27T09:30:00Z', role: 'admin', ip: '203.0.113.7', browser: 'Firefox', system: 'Linux' };

/** Draws what the page holds, as PNG with a palette. */
async function picture(page: Page): Promise<Buffer> {
  const url = `data:image/png;base64,${(await page.screenshot()).toString('base64')}`;
  const drawn = await page.evaluate<{ pixels: string; width: number; height: number }>(`(async () => {
    const image = new Image();
    image.src = '${url}';
    await image.decode();
    const { width, height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    context.drawImage(image, 0, 0);
    const reader = new FileReader();
    reader.readAsDataURL(new Blob([context.getImageData(0, 0, width, height).data]));
    await new Promise((done) => (reader.onload = done));
    return { width, height, pixels: reader.result.split(',')[1] };
  })()`);
  return indexedPng(Buffer.from(drawn.pixels, 'base64'), drawn.width, drawn.height);
}

/** Both languages side by side, light above dark. */
async function draw(browser: Browser, kind: MessageKind): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 100 } });
  const mails = languages.map((language) => {
    const { path = '', lifeSeconds = 0 } = kindOf(kind).link ?? {};
    const link = path ? { url: `https://auth.example.com/link/${path}#token=${token}`, lifeSeconds } : undefined;
    return compose(kind, { language, brand, link, data }).html;
  });
  const heights: number[] = [];
  for (const html of mails) {
    await page.setContent(html);
    heights.push(await page.evaluate('document.documentElement.scrollHeight'));
  }
  const height = Math.max(...heights);
  await page.setViewportSize({ width: WIDTH, height });
  const shots: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const html of mails) {
      await page.setContent(html);
      shots.push((await page.screenshot()).toString('base64'));
    }
  }
  await page.setViewportSize({ width: 2 * WIDTH, height: 2 * height });
  const images = shots.map((shot) => `<img style="display:block" src="data:image/png;base64,${shot}">`);
  await page.setContent(
    `<body style="margin:0;display:grid;grid-template-columns:${WIDTH}px ${WIDTH}px">${images.join('')}</body>`,
  );
  const whole = await picture(page);
  await page.close();
  return whole;
}

mkdirSync(FOLDER, { recursive: true });
const browser = await startBrowser();
for (const kind of messageKinds) writeFileSync(`${FOLDER}/${kind}.png`, await draw(browser, kind));
await browser.close();

// Takes the picture of a page as PNG with a palette.
import type { Page } from 'playwright-core';
import { indexedPng } from './indexed-png.js';

async function screenshotOf(page: Page): Promise<Buffer> {
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

/**
 * Pictures side by side, on a page of their own: so the pages that were drawn may forbid inline styles and foreign pictures.
 * @param shots PNG, each `width` wide on the result
 */
export async function sheetOf(page: Page, shots: readonly Buffer[], columns: number, width: number): Promise<Buffer> {
  const images = shots.map(
    (shot) => `<img style="display:block;width:${width}px" src="data:image/png;base64,${shot.toString('base64')}">`,
  );
  await page.setViewportSize({ width: columns * width, height: 100 });
  await page.setContent(
    `<body style="margin:0;background:#f5f6f8;display:grid;align-items:start;grid-template-columns:repeat(${columns},${width}px)">${images.join('')}</body>`,
  );
  const height = await page.evaluate<number>('document.body.scrollHeight');
  await page.setViewportSize({ width: columns * width, height });
  return screenshotOf(page);
}

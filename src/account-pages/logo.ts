// Reads the logo of the account pages. A picture of a stranger could hold a script: it is served so that nothing in it runs.
import { readFileSync } from 'node:fs';
import type { PageFile } from './built-pages.js';

const MAX_BYTES = 100_000;
/** PNG (third edition) §5.2. */
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** For people who open the picture itself: as an image in a page it runs and loads nothing. Its own styles stay. */
const policy = "default-src 'none';style-src 'unsafe-inline';frame-ancestors 'none';sandbox";

export interface Logo extends PageFile {
  readonly ending: 'svg' | 'png';
}

/** @throws a sentence that names the setting */
export function readLogo(path: string): Logo {
  const content = read(path);
  if (content.length > MAX_BYTES)
    throw new Error(`BRAND_LOGO_FILE must be of at most ${MAX_BYTES / 1_000} kB: ${path}.`);
  if (content.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE))
    return { ending: 'png', type: 'image/png', content, encoded: {}, policy };
  if (isSvg(content.toString())) return { ending: 'svg', type: 'image/svg+xml', content, encoded: {}, policy };
  throw new Error(`BRAND_LOGO_FILE must be an SVG or a PNG: ${path}.`);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`BRAND_LOGO_FILE cannot be read: ${path}.`, { cause });
  }
}

/** Only an approximation: whatever it is, it is served as a picture that runs nothing. */
const isSvg = (text: string): boolean =>
  /^\s*</.test(text) && /<svg[\s>]/.test(text) && !/<(?:!doctype\s)?html/i.test(text);

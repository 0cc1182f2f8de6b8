// Base64 as password hashes contain it, read strictly: one text per value.

/** Base64 without `=`, as in PHC strings. */
export const unpadded = (bytes: Uint8Array): string => padded(bytes).replaceAll('=', '');

export const padded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** @returns undefined unless the text is exactly what `unpadded` writes */
export const fromUnpadded = (text: string): Buffer | undefined => exact(text, unpadded);

/** @returns undefined unless the text is exactly what `padded` writes */
export const fromPadded = (text: string): Buffer | undefined => exact(text, padded);

function exact(text: string, write: (bytes: Uint8Array) => string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return write(bytes) === text ? bytes : undefined;
}

export const isBetween = (least: number, value: number, most: number): boolean => least <= value && value <= most;

// Reads the digits of a code as people type and paste it.

/** Full-width ones, too, which a Japanese or Chinese keyboard writes. */
export const digitsOf = (text: string): string => text.normalize('NFKC').replaceAll(/\D/g, '');

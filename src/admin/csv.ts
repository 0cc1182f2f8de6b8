// Writes CSV (RFC 4180) that a spreadsheet shows and does not calculate (ASVS 1.2.10).

/**
 * A spreadsheet calculates a cell that begins so, perhaps after spaces; quotes do not keep it from that. The last four are
 * the full-width forms.
 */
const FORMULA = /^(?:[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0])/;

const cellOf = (value: string | null): string => {
  const text = value ?? '';
  return `"${(FORMULA.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
};

export const csvOf = (names: readonly string[], rows: readonly (readonly (string | null)[])[]): string =>
  [names, ...rows].map((row) => `${row.map(cellOf).join(',')}\r\n`).join('');

// Compares a measured number with the bound of a target.

/** @param {'≥' | '≤' | '='} comparison */
export function target(name, measured, comparison, bound, unit = '') {
  const met = { '≥': measured >= bound, '≤': measured <= bound, '=': measured === bound }[comparison];
  return { name, target: `${comparison} ${bound}${unit}`, measured, met };
}

/** The ratio of the measured number to the other one: at least, or at most. */
export const ratio = (name, one, other, bound) => target(name, one / other, '≥', bound, ' ×');
export const atMost = (name, one, other, bound) => target(name, one / other, '≤', bound, ' ×');

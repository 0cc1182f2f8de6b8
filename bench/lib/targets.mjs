// When is a target met? A measured number against a bound.

/** @param {'≥' | '≤' | '='} comparison */
export function target(name, measured, comparison, bound, unit = '') {
  const met = { '≥': measured >= bound, '≤': measured <= bound, '=': measured === bound }[comparison];
  return { name, target: `${comparison} ${bound}${unit}`, measured, met };
}

/** How many times as much: the measured one against the other. */
export const ratio = (name, one, other, bound) => target(name, one / other, '≥', bound, ' ×');

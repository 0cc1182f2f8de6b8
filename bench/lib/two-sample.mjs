// Can two samples be told apart? The Mann-Whitney U test, two-sided, by its normal approximation: good from 20 values on.

/** @returns {{ p: number, auc: number }} auc: how often a value of `one` is above one of `other`; 0.5 where nothing differs */
export function mannWhitney(one, other) {
  const all = [...one.map((value) => ({ value, isOne: true })), ...other.map((value) => ({ value, isOne: false }))];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to].value === all[from].value) to++;
    const rank = (from + 1 + to) / 2; // equal values share the mean of their ranks
    for (const { isOne } of all.slice(from, to)) if (isOne) rankSum += rank;
  }
  const [n, m] = [one.length, other.length];
  const u = rankSum - (n * (n + 1)) / 2;
  const z = (u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
  return { p: Math.min(1, 2 * upperTail(Math.abs(z))), auc: u / (n * m) };
}

/** Of the normal distribution, within 7.5e-8 (Abramowitz and Stegun 26.2.17). */
function upperTail(z) {
  const t = 1 / (1 + 0.2316419 * z);
  const factors = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = factors.reduceRight((rest, factor) => (rest + factor) * t, 0);
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

// How long is everything measured? Chosen so that the whole run, with five minutes of soak, stays under 20 minutes.

/**
 * @param quick a look while developing, not a measurement
 * @param soakSeconds where the soak is to last longer or shorter
 */
export function planOf({ quick, soakSeconds }) {
  const plan = quick
    ? { rounds: 2, warmup: 0.3, compile: 2, seconds: 0.7, soakSeconds: 20, sizes: [1_000, 5_000, 20_000] }
    : { rounds: 5, warmup: 0.5, compile: 7, seconds: 1.5, soakSeconds: 300, sizes: [10_000, 100_000, 1_000_000] };
  return { ...plan, soakSeconds: soakSeconds ?? plan.soakSeconds };
}

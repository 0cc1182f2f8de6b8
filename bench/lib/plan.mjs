// The durations of a run: all of it takes under 20 minutes, including five minutes of soak.

/**
 * @param quick for development only: not a measurement
 * @param soakSeconds overrides the duration of the soak
 */
export function planOf({ quick, soakSeconds }) {
  const plan = quick
    ? { rounds: 2, warmup: 0.3, compile: 2, seconds: 0.7, soakSeconds: 20, sizes: [1_000, 5_000, 20_000] }
    : { rounds: 5, warmup: 0.5, compile: 7, seconds: 1.5, soakSeconds: 300, sizes: [10_000, 100_000, 1_000_000] };
  return { ...plan, soakSeconds: soakSeconds ?? plan.soakSeconds };
}

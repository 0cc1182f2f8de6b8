// Chooses a decoy for an address, in proportion to the number of users with the same parameters.

export interface Decoy {
  /** The beginning of the hash: the parameters. */
  readonly form: string;
  readonly weight: number;
  readonly hash: string;
}

/**
 * Weighted rendezvous hashing: when users move from old parameters to new ones, so do the choices, and none moves in
 * another direction.
 * @param luckOf above 0, at most 1; always the same for a form and an address
 */
export function likeliest(decoys: readonly Decoy[], luckOf: (form: string) => number): string | null {
  let best: { hash: string; score: number } | undefined;
  for (const { form, weight, hash } of decoys) {
    const score = -Math.log(luckOf(form)) / weight;
    if (!best || score < best.score) best = { hash, score };
  }
  return best?.hash ?? null;
}

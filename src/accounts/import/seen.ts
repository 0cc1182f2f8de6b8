// Remembers which texts a dry run has seen, in 16 to 32 bytes each: it creates no users that could tell.
import { createHash } from 'node:crypto';

const FIRST_SLOTS = 1 << 12;

/** 63 bits of a SHA-256: among a million texts, two are taken for one in 1 of 18 million runs. */
export class Seen {
  private slots = new BigUint64Array(FIRST_SLOTS);
  private count = 0;

  has(text: string): boolean {
    return this.slots[this.slotOf(keyOf(text))] !== 0n;
  }

  add(text: string): void {
    const key = keyOf(text);
    const slot = this.slotOf(key);
    if (this.slots[slot] !== 0n) return;
    this.slots[slot] = key;
    if (++this.count > this.slots.length / 2) this.grow();
  }

  /** @returns where the key is, or the free slot where it belongs */
  private slotOf(key: bigint): number {
    const last = this.slots.length - 1;
    let slot = Number((key >> 1n) & BigInt(last));
    while (this.slots[slot] !== 0n && this.slots[slot] !== key) slot = (slot + 1) & last;
    return slot;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new BigUint64Array(old.length * 2);
    for (const key of old) if (key !== 0n) this.slots[this.slotOf(key)] = key;
  }
}

/** Never 0, which is a free slot. */
const keyOf = (text: string): bigint => createHash('sha256').update(text).digest().readBigUInt64LE() | 1n;

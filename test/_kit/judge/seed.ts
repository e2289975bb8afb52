/** A seeded random source: the same seed yields the same choices, but not the same timing. */
export interface Seed {
  readonly value: number;
  /** Integer in [from, to]. */
  int(from: number, to: number): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** The seed from `SEED`, or a random one; tests log it, so that a run can be repeated. */
export function seedFromEnvironment(): Seed {
  return createSeed(Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31)));
}

/** mulberry32: small, and good enough to choose faults. */
export function createSeed(value: number): Seed {
  let state = value >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    value,
    int: (from, to) => from + Math.floor(next() * (to - from + 1)),
    pick: (items) => {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new RangeError("empty list");
      return item;
    },
    chance: (probability) => next() < probability,
  };
}

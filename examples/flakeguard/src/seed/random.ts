/** A seeded source of random values: the same seed gives the same values on every machine. */
export interface Random {
  /** A number from 0 up to, but not including, 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** `count` different items, in their original order. */
  sample<T>(items: readonly T[], count: number): T[]
  /** A long-tailed positive number around `median`, as durations are. */
  longTailed(median: number): number
  /** An id that looks like Prisma's `cuid()`. */
  id(): string
  hex(length: number): string
  bytes(length: number): Uint8Array<ArrayBuffer>
  uuid(): string
}

/** @throws RangeError when something is picked from an empty list. */
export function createRandom(seed: number): Random {
  const next = mulberry32(seed)
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  const pick = <T>(items: readonly T[]): T => {
    const item = items[integer(0, items.length - 1)]
    if (item === undefined) throw new RangeError('Cannot pick from an empty list.')
    return item
  }
  const digits = (count: number, radix: number): string => {
    let text = ''
    while (text.length < count)
      text += integer(0, radix ** 5 - 1)
        .toString(radix)
        .padStart(5, '0')
    return text.slice(0, count)
  }
  const hex = (length: number): string => digits(length, 16)
  return {
    next,
    integer,
    pick,
    hex,
    chance: (probability) => next() < probability,
    sample: (items, count) => sample(items, count, next),
    longTailed: (median) => median * Math.exp(0.9 * gaussian(next)),
    id: () => `c${digits(24, 36)}`,
    bytes: (length) => Uint8Array.from({ length }, () => integer(0, 255)),
    uuid: () => hex(32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5'),
  }
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function gaussian(next: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

function sample<T>(items: readonly T[], count: number, next: () => number): T[] {
  let wanted = Math.min(count, items.length)
  return items.filter((_, index) => {
    const taken = next() < wanted / (items.length - index)
    if (taken) wanted -= 1
    return taken
  })
}

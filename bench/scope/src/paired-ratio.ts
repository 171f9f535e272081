/** How one variant compares with another over the rounds that both took part in. */
export interface PairedRatio {
  readonly median: number
  /** The quartiles, which say how far to trust the median. */
  readonly low: number
  readonly high: number
  readonly rounds: number
}

/**
 * Divides what two variants took in the same round, and takes the median of the quotients. What slows the machine down for
 * a while slows both, and falls out of the quotient; it would not fall out of a quotient of two medians.
 *
 * @throws {Error} when the two have different rounds, or none.
 */
export function pairedRatio(subject: readonly number[], base: readonly number[]): PairedRatio {
  if (subject.length !== base.length || subject.length === 0)
    throw new Error(`${subject.length} rounds cannot be paired with ${base.length}.`)
  const quotients = subject.map((value, round) => value / (base[round] ?? Number.NaN))
  return {
    median: quantile(quotients, 0.5),
    low: quantile(quotients, 0.25),
    high: quantile(quotients, 0.75),
    rounds: quotients.length,
  }
}

/** @throws {Error} without values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Interpolates between the two values nearest to the rank. @throws {Error} without values. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).toSorted()
  const rank = (sorted.length - 1) * share
  const below = sorted[Math.floor(rank)]
  const above = sorted[Math.ceil(rank)]
  if (below === undefined || above === undefined) throw new Error('There is no quantile of nothing.')
  return below + (above - below) * (rank - Math.floor(rank))
}

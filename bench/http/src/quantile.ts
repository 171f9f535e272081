/** Interpolates between the two values nearest to the rank. @throws {Error} without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  const rank = (sorted.length - 1) * share
  const below = sorted[Math.floor(rank)]
  const above = sorted[Math.ceil(rank)]
  if (below === undefined || above === undefined) throw new Error('There is no quantile of nothing.')
  return below + (above - below) * (rank - Math.floor(rank))
}

/** Divides what two took in the same round, and takes the median: what slows the machine down for a while falls out. */
export function pairedRatio(subject: readonly number[], base: readonly number[]): number {
  return quantile(
    subject.map((value, round) => value / (base[round] ?? Number.NaN)),
    0.5,
  )
}

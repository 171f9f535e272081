/** The same elements in an order of their own each time, all orders being equally likely. */
export function shuffle<T>(elements: readonly T[], random: () => number = Math.random): T[] {
  const shuffled = [...elements]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const moved = shuffled[last] as T
    shuffled[last] = shuffled[other] as T
    shuffled[other] = moved
  }
  return shuffled
}

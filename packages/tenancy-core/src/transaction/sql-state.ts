/** Errors wrap each other: Prisma's stands three levels above that of the server. */
const maxDepth = 5

/**
 * The SQLSTATE of an error of the database, whichever library raised it: pg, Kysely, or Prisma, which wraps it.
 *
 * @example
 * ```ts
 * const twice = () => kysely.insertInto('repositories').values({ name: 'alpha' }).execute()
 * const error: unknown = await twice().catch((reason: unknown) => reason)
 * sqlStateOf(error) // '23505'
 * ```
 */
export function sqlStateOf(error: unknown): string | undefined {
  return find(error, maxDepth)
}

function find(error: unknown, depth: number): string | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined
  const { originalCode, code, meta, cause, driverAdapterError } = error as Readonly<Record<string, unknown>>
  for (const candidate of [originalCode, code]) {
    // Codes of Prisma have a letter and four digits, as P2010: no class of SQLSTATE has P and a digit besides P0.
    if (typeof candidate === 'string' && /^[0-9A-Z]{5}$/.test(candidate) && !/^P[1-9]/.test(candidate)) return candidate
  }
  for (const inner of [meta, driverAdapterError, cause]) {
    const found = find(inner, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

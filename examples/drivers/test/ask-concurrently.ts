import type { Tenancy } from '@partywall/tenancy-core'
import type { TenantDatabase } from './create-tenant-database.ts'

const callers = 64
const turns = 20

/** What 64 callers that change organization at each turn were answered. */
export interface ConcurrentAnswers {
  readonly answered: number
  readonly crossings: readonly unknown[]
}

/** Asks `read` for the organizations whose rows a caller sees: 64 callers at once, each in the scope of its turn. */
export async function askConcurrently(
  { organizations }: TenantDatabase,
  tenancy: Tenancy,
  read: (turn: number) => Promise<readonly string[]>,
): Promise<ConcurrentAnswers> {
  const crossings: unknown[] = []
  let answered = 0
  const caller = async (seed: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) {
      const organizationId = organizations[(seed * 7 + turn) % organizations.length] as string
      const seen = await tenancy.run({ organizationId }, () => read(turn))
      answered += seen.length
      if (seen.length === 0 || seen.some((id) => id !== organizationId)) crossings.push({ organizationId, seen })
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, seed) => caller(seed)))
  return { answered, crossings }
}

/** How many answers there must be when each read sees `rows` rows. */
export function expectedAnswers(rows: number): number {
  return callers * turns * rows
}

import type { Session } from '../database/session.ts'
import type { Check } from '../plan/step.ts'

/** Checks to one query: enough to save round trips, few enough to keep the statement readable in a log. */
const CHECKS_A_QUERY = 100

/** Whether each check holds, in the order given. Reads the catalog only. */
export async function evaluateChecks(session: Session, checks: readonly Check[]): Promise<readonly boolean[]> {
  const results: boolean[] = []
  for (let at = 0; at < checks.length; at += CHECKS_A_QUERY) {
    const expressions = checks.slice(at, at + CHECKS_A_QUERY).map((check) => `coalesce((${check.sql}), false)`)
    const { rows } = await session.query<{ results: boolean[] }>(`select array[${expressions.join(',\n')}] as results`)
    results.push(...(rows[0]?.results ?? []))
  }
  return results
}

/** For each operation, whether all of its checks hold; undefined for one that has none. */
export async function evaluateOperations(
  session: Session,
  operations: readonly { readonly checks: readonly Check[] }[],
): Promise<readonly (boolean | undefined)[]> {
  const results = await evaluateChecks(
    session,
    operations.flatMap((operation) => operation.checks),
  )
  let at = 0
  return operations.map(({ checks }) => {
    const own = results.slice(at, (at += checks.length))
    return checks.length === 0 ? undefined : own.every(Boolean)
  })
}

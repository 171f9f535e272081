import { TenancyError } from '@partywall/tenancy-core'
import type { Session } from '../database/session.ts'
import type { Inspection } from '../plan/step.ts'

/** Rows of one table that stand in the way of a derivation. */
export interface OrganizationFinding {
  readonly table: string
  /** Rows whose ways lead to different organizations. */
  readonly conflicts: number
  /** Rows that reach no organization. */
  readonly orphans: number
  /** Keys of some of each, the organizations of the first beside them. */
  readonly conflicting: readonly string[]
  readonly orphaned: readonly string[]
}

/** Counts what is wrong, and samples it. Reads only; tables without a finding are left out. */
export async function inspectOrganizations(
  session: Session,
  inspections: readonly Inspection[],
): Promise<readonly OrganizationFinding[]> {
  const findings: OrganizationFinding[] = []
  for (const { table, count, conflicting, orphaned } of inspections) {
    const { rows } = await session.query<{ conflicts: number; orphans: number }>(count)
    const { conflicts = 0, orphans = 0 } = rows[0] ?? {}
    if (conflicts + orphans === 0) continue
    const sample = async (found: number, statement: string): Promise<readonly string[]> =>
      found === 0 ? [] : (await session.query<{ key: string }>(statement)).rows.map((row) => row.key)
    findings.push({
      table,
      conflicts,
      orphans,
      conflicting: await sample(conflicts, conflicting),
      orphaned: await sample(orphans, orphaned),
    })
  }
  return findings
}

/**
 * @throws TenancyError `ORGANIZATION_CONFLICT` when rows belong to two organizations, `ORGANIZATION_ORPHANED` when the
 * only thing that is wrong is that some belong to none.
 */
export function refuseFindings(findings: readonly OrganizationFinding[]): void {
  if (findings.length === 0) return
  const conflicts = findings.some((finding) => finding.conflicts > 0)
  const advice = conflicts
    ? 'Correct the rows; or name under organizationFrom the way that counts, where the others say nothing of whose a row is.'
    : 'Correct the rows, or let them belong to the default organization: orphans and defaultOrganization.id.'
  throw new TenancyError(
    conflicts ? 'ORGANIZATION_CONFLICT' : 'ORGANIZATION_ORPHANED',
    `Not every row belongs to one organization:\n${findings.flatMap(findingLines).join('\n')}\n${advice}`,
    { details: { tables: findings } },
  )
}

/** One line for each kind of finding. */
export function findingLines(finding: OrganizationFinding): readonly string[] {
  const { table, conflicts, orphans, conflicting, orphaned } = finding
  return [
    ...(conflicts === 0
      ? []
      : [`  ${table}: ${conflicts} rows lead to two organizations: ${list(conflicting, conflicts)}`]),
    ...(orphans === 0 ? [] : [`  ${table}: ${orphans} rows lead to none: ${list(orphaned, orphans)}`]),
  ]
}

function list(keys: readonly string[], of: number): string {
  return `${keys.join('; ')}${of > keys.length ? '; ...' : ''}`
}

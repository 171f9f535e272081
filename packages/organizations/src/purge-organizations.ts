import * as z from 'zod'
import { inTransaction } from '@partywall/tenancy-core'
import type { Administration } from './administration.ts'
import type { ControlPlane } from './control-plane.ts'
import { parseInput } from './parse-input.ts'
import { inTheNameOf } from './write-control-plane.ts'

const limitSchema = z.number().int().min(1).max(10_000).default(100)

/** One organization a transaction, locked while the host erases its rows: nobody restores it meanwhile. */
export async function purgeOrganizations(
  { tenancy, control }: ControlPlane,
  { actor, erase, limit: given }: Parameters<Administration['purge']>[0],
): Promise<readonly string[]> {
  const limit = parseInput(limitSchema, given, 'ORGANIZATION_INVALID')
  return await tenancy.operator({ reason: 'purge deleted organizations', actor }, async () => {
    const purged: string[] = []
    while (purged.length < limit) {
      const id = await inTransaction(tenancy, undefined, async (unnamed) => {
        const run = inTheNameOf(actor, unnamed)
        const [due] = await run<{ id: string }>(
          `select id::text as "id" from ${control}.organizations
           where purge_at <= pg_catalog.now() and status = 'deleted'
           order by purge_at limit 1 for update skip locked`,
          [],
        )
        if (due === undefined) return undefined
        await erase(due.id, run)
        await run(`delete from ${control}.organizations where id = $1`, [due.id])
        return due.id
      })
      if (id === undefined) break
      purged.push(id)
    }
    return purged
  })
}

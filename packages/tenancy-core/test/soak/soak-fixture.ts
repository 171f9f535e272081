import { setTimeout } from 'node:timers/promises'
import { createContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { createTenancy } from '../../src/index.ts'
import { runSoak } from './run-soak.ts'
import { createSoakOrganizations } from './soak-database.ts'
import type { SoakReport } from './soak-report.ts'
import type { SoakTarget } from './soak-target.ts'

const closeTimeoutMs = 3_000

/** Soaks a target on a database of its own, or the tenant pool when none is given. */
export async function soakFor(
  durationMs: number,
  options: {
    readonly through?: (url: string) => string
    readonly only?: readonly string[]
    readonly target?: (url: string) => SoakTarget & { readonly close: () => Promise<void> }
  } = {},
): Promise<SoakReport> {
  await using database = await createContractDatabase(await testServer())
  const organizations = await createSoakOrganizations(database, 200)
  const url = (options.through ?? ((same: string) => same))(database.appUrl)
  const pool = { connectionString: url, max: 16 }
  const target = options.target?.(url) ?? createTenancy({ pool, preparedContext: options.through === undefined })
  try {
    const login = new URL(database.appUrl).username
    return await runSoak({ target, admin: database.admin, login, organizations, durationMs, only: options.only })
  } finally {
    // A pool that has lost a client waits for it.
    await Promise.race([target.close(), setTimeout(closeTimeoutMs, undefined, { ref: false })])
  }
}

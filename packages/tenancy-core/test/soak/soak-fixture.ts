import { createContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { createTenancy } from '../../src/index.ts'
import type { TenancyOptions } from '../../src/index.ts'
import { runSoak } from './run-soak.ts'
import { createSoakOrganizations } from './soak-database.ts'
import type { SoakReport } from './soak-report.ts'
import type { SoakTarget } from './soak-target.ts'

/** Soaks a target on a database of its own, or the tenant pool when none is given. */
export async function soakFor(
  durationMs: number,
  options: {
    readonly through?: (url: string) => string
    readonly only?: readonly string[]
    readonly tenancy?: Partial<TenancyOptions>
    readonly target?: (url: string) => SoakTarget
  } = {},
): Promise<SoakReport> {
  await using database = await createContractDatabase(await testServer())
  const organizations = await createSoakOrganizations(database, 200)
  const { through, only } = options
  const pooled = through !== undefined
  const url = pooled ? through(database.appUrl) : database.appUrl
  const pool = { connectionString: url, max: 16 }
  const target = options.target?.(url) ?? createTenancy({ pool, preparedContext: !pooled, ...options.tenancy })
  const login = new URL(database.appUrl).username
  return await runSoak({ target, admin: database.admin, login, pooled, organizations, durationMs, only })
}

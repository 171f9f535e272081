/**
 * Soaks the tenant pool: half of the time directly, half through PgBouncer in transaction mode. `--seconds <n>` says how
 * long in all (60), `--json` prints one document. Ends with 1 when anything crossed, was lost or is not explained.
 */
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { createContractDatabase } from '@partywall/testing/contract'
import { startPgBouncer } from '@partywall/testing/pgbouncer'
import { createTenancy } from '../../src/index.ts'
import { runSoak } from './run-soak.ts'
import { createSoakOrganizations } from './soak-database.ts'
import type { SoakReport } from './soak-report.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    workers: { type: 'string', default: '64' },
    organizations: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
})

await using server = await startPostgres()
await using database = await createContractDatabase(server)
await using bouncer = await startPgBouncer({ adminUrl: server.url(), poolSize: 8, install: true })
const organizations = await createSoakOrganizations(database, Number(values.organizations))
const durationMs = (Number(values.seconds) * 1000) / 2

async function soak(url: string, pooled: boolean): Promise<SoakReport> {
  const tenancy = createTenancy({ pool: { connectionString: url, max: 16 }, preparedContext: !pooled })
  try {
    const login = new URL(database.appUrl).username
    const workers = Number(values.workers)
    return await runSoak({ target: tenancy, admin: database.admin, login, organizations, durationMs, workers })
  } finally {
    // A pool that has lost a client waits for it.
    await Promise.race([tenancy.close(), setTimeout(3_000, undefined, { ref: false })])
  }
}

const direct = await soak(database.appUrl, false)
const pooled = await soak(bouncer.through(database.appUrl), true)
const ok = direct.ok && pooled.ok
if (values.json) {
  console.log(JSON.stringify({ schemaVersion: 1, ok, direct, pgbouncer: { version: bouncer.version, ...pooled } }))
} else {
  for (const [name, report] of Object.entries({ direct, [`PgBouncer ${bouncer.version}`]: pooled })) {
    console.log(`${name}: ${report.ok ? 'ok' : 'NOT OK'}`)
    console.log(report)
  }
}
process.exitCode = ok ? 0 : 1

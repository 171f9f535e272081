/**
 * Soaks the tenant pool: a third of the time directly, a third pipelined, a third through PgBouncer in transaction mode.
 * `--seconds <n>` says how long in all (60), `--json` prints one document. Ends with 1 when anything crossed, was lost or is not explained.
 */
import { parseArgs } from 'node:util'
import { startPostgres } from '@partywall/testing'
import { createContractDatabase } from '@partywall/testing/contract'
import { startPgBouncer } from '@partywall/testing/pgbouncer'
import { createTenancy } from '../../src/index.ts'
import type { TenancyOptions } from '../../src/index.ts'
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
const durationMs = (Number(values.seconds) * 1000) / 3

async function soak(url: string, options: Partial<TenancyOptions> = {}): Promise<SoakReport> {
  const target = createTenancy({ pool: { connectionString: url, max: 16 }, ...options })
  const login = new URL(database.appUrl).username
  const workers = Number(values.workers)
  const pooled = url !== database.appUrl
  return await runSoak({ target, admin: database.admin, login, pooled, organizations, durationMs, workers })
}

const direct = await soak(database.appUrl)
const pipelined = await soak(database.appUrl, { pipeline: { connections: 2 } })
const pooled = await soak(bouncer.through(database.appUrl), { preparedContext: false })
const ok = [direct, pipelined, pooled].every((report) => report.ok)
if (values.json) {
  const pgbouncer = { version: bouncer.version, ...pooled }
  console.log(JSON.stringify({ schemaVersion: 1, ok, direct, pipelined, pgbouncer }))
} else {
  for (const [name, report] of Object.entries({ direct, pipelined, [`PgBouncer ${bouncer.version}`]: pooled })) {
    console.log(`${name}: ${report.ok ? 'ok' : 'NOT OK'}`)
    console.log(report)
  }
}
process.exitCode = ok ? 0 : 1

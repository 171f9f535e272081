/**
 * Measures whether what is asked of organizations costs more when there are many: databases of 1,000 and of 100,000
 * organizations, asked in turns in one run. Prints a table, or with `--json` one object.
 */
import { parseArgs } from 'node:util'
import { createOrganizations } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import { startPostgres } from '@partywall/testing'
import { createBenchDatabase, idOf, userOf } from './bench-database.ts'
import type { BenchDatabase, Size } from './bench-database.ts'
import { median, rounded, timesOf } from './median.ts'

const { values } = parseArgs({
  options: {
    organizations: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '150' },
    calls: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const actor = { type: 'system', id: 'bench' } as const
const membersEach = 10
const limits = { scale: 1.1, page: 1.25 } as const

interface Target {
  readonly size: Size
  readonly database: BenchDatabase
  readonly organizations: Organizations
}

/** What is asked: of organization `n`, which is any of them. */
const questions: Readonly<Record<string, (target: Target, n: number) => Promise<unknown>>> = {
  'membership check, by id': ({ organizations }, n) =>
    organizations.findMembership({ organization: idOf(n), userId: userOf(n, n % membersEach) }),
  'membership check, by slug': ({ organizations }, n) =>
    organizations.findMembership({ organization: `org-${String(n).padStart(9, '0')}`, userId: userOf(n, 3) }),
  'membership check of a stranger': ({ organizations }, n) =>
    organizations.findMembership({ organization: idOf(n), userId: userOf(n, membersEach + 50) }),
  'organizations of a user': ({ organizations }, n) => organizations.listMine(userOf(n, 7)),
  'members of an organization': ({ organizations, database }, n) =>
    database.tenancy.run({ organizationId: idOf(n), actor }, () => organizations.members({ limit: 5 })),
}

/** Pages of the large database: the first beside the last. */
const pages: Readonly<Record<string, (target: Target, isLast: boolean) => Promise<readonly unknown[]>>> = {
  'all organizations': ({ organizations, size }, isLast) => {
    const after = `org-${String(size.organizations - 100).padStart(9, '0')}`
    return organizations.list({ limit: 100, actor, ...(isLast ? { after } : {}) })
  },
  'members of one with 10,000': ({ organizations, database }, isLast) =>
    database.tenancy.run({ organizationId: idOf(1), actor }, () =>
      organizations.members({ limit: 100, ...(isLast ? { after: 'v09900' } : {}) }),
    ),
}

const server = await startPostgres({
  source: 'embedded',
  settings: { max_connections: '200', shared_buffers: '512MB', autovacuum: 'off', checkpoint_timeout: '1h' },
})
try {
  const small = await open({ organizations: 1000, membersEach })
  const large = await open({ organizations: Number(values.organizations), membersEach })
  const scale = await measureScale(small, large)
  await large.database.execute(`
    set session_replication_role = replica;
    insert into partywall.memberships (organization_id, user_id, role)
      select '${idOf(1)}', 'v' || lpad(n::text, 5, '0'), 'member' from generate_series(1, 10000) n;
    analyze partywall.memberships`)
  const listing = await measurePages(large)
  await small.database.close()
  await large.database.close()
  const ok =
    scale.every(({ ratio, question }) => !question.startsWith('membership') || ratio <= limits.scale) &&
    listing.every(({ ratio }) => ratio <= limits.page)
  if (values.json) process.stdout.write(`${JSON.stringify({ schemaVersion: 1, ok, limits, scale, listing })}\n`)
  else {
    console.table(scale)
    console.table(listing)
  }
  process.exitCode = ok ? 0 : 1
} finally {
  await server[Symbol.asyncDispose]()
}

async function open(size: Size): Promise<Target> {
  process.stderr.write(`${size.organizations} organizations\n`)
  const database = await createBenchDatabase(server, size)
  return { size, database, organizations: createOrganizations(database.tenancy) }
}

/** In turns, small beside large, each turn with other organizations: what disturbs one disturbs the other. */
async function measureScale(small: Target, large: Target) {
  const rows = []
  for (const [question, ask] of Object.entries(questions)) {
    process.stderr.write(`${question}\n`)
    const turn = async (target: Target): Promise<readonly number[]> =>
      await timesOf(Number(values.calls), () => ask(target, 1 + Math.floor(Math.random() * target.size.organizations)))
    const times = { small: [] as number[], large: [] as number[] }
    await turn(small)
    await turn(large)
    for (let round = 0; round < Number(values.rounds); round += 1) {
      times.small.push(...(await turn(small)))
      times.large.push(...(await turn(large)))
    }
    const [smallMs, largeMs] = [rounded(median(times.small)), rounded(median(times.large))]
    rows.push({
      question,
      p50SmallMs: smallMs,
      p50LargeMs: largeMs,
      ratio: rounded(median(times.large) / median(times.small)),
    })
  }
  return rows
}

async function measurePages(large: Target) {
  const rows = []
  for (const [list, ask] of Object.entries(pages)) {
    const first: number[] = []
    const last: number[] = []
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const [isLast, times] of [
        [false, first],
        [true, last],
      ] as const) {
        if ((await ask(large, isLast)).length !== 100) throw new Error(`${list}: a page has 100 rows`)
        times.push(...(await timesOf(5, () => ask(large, isLast))))
      }
    }
    const [firstMs, lastMs] = [median(first), median(last)]
    rows.push({ list, p50FirstMs: rounded(firstMs), p50LastMs: rounded(lastMs), ratio: rounded(lastMs / firstMs) })
  }
  return rows
}

/**
 * Measures whether what is asked of organizations costs more when there are many: databases of 1,000 and of 100,000
 * organizations, both in memory, asked in turn, one call each. Prints a table, or with `--json` one object. Ends with 1
 * when a limit is missed.
 */
import { parseArgs } from 'node:util'
import { createOrganizations } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import { startPostgres } from '@partywall/testing'
import { createBenchDatabase, crowdedStatements, idOf, userOf } from './bench-database.ts'
import type { BenchDatabase, Size } from './bench-database.ts'
import { median, rounded, timeOf } from './median.ts'

const { values } = parseArgs({
  options: {
    organizations: { type: 'string', default: '100000' },
    calls: { type: 'string', default: '6000' },
    pages: { type: 'string', default: '750' },
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
  'API keys of one with 10,000': ({ organizations, database }, isLast) =>
    database.tenancy.run({ organizationId: idOf(1), actor }, () =>
      organizations.apiKeys({ limit: 100, ...(isLast ? { after: 'k000000000009900' } : {}) }),
    ),
  'invitations of one with 10,000': ({ organizations, database }, isLast) =>
    database.tenancy.run({ organizationId: idOf(1), actor }, () =>
      organizations.invitations({ limit: 100, ...(isLast ? { after: idOf(9900) } : {}) }),
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
  await large.database.execute(crowdedStatements(idOf(1)))
  await large.database.warm()
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
  await database.warm()
  return { size, database, organizations: createOrganizations(database.tenancy) }
}

/** The medians of two that are asked in turn, call by call: what disturbs one disturbs the other. Who is first changes. */
async function compare(
  count: number,
  ask: readonly [() => Promise<unknown>, () => Promise<unknown>],
): Promise<readonly [number, number]> {
  const times: readonly [number[], number[]] = [[], []]
  const warmUp = Math.ceil(count / 10)
  for (let round = 0; round < warmUp + count; round += 1) {
    for (const side of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const time = await timeOf(ask[side])
      if (round >= warmUp) times[side].push(time)
    }
  }
  return [median(times[0]), median(times[1])]
}

/** Each call of another organization. */
async function measureScale(small: Target, large: Target) {
  const rows = []
  for (const [question, ask] of Object.entries(questions)) {
    process.stderr.write(`${question}\n`)
    const any = (target: Target) => () => ask(target, 1 + Math.floor(Math.random() * target.size.organizations))
    const [smallMs, largeMs] = await compare(Number(values.calls), [any(small), any(large)])
    rows.push({
      question,
      p50SmallMs: rounded(smallMs),
      p50LargeMs: rounded(largeMs),
      ratio: rounded(largeMs / smallMs),
    })
  }
  return rows
}

async function measurePages(large: Target) {
  const rows = []
  for (const [list, ask] of Object.entries(pages)) {
    process.stderr.write(`${list}\n`)
    const page = (isLast: boolean) => async () => {
      if ((await ask(large, isLast)).length !== 100) throw new Error(`${list}: a page has 100 rows`)
    }
    const [firstMs, lastMs] = await compare(Number(values.pages), [page(false), page(true)])
    rows.push({ list, p50FirstMs: rounded(firstMs), p50LastMs: rounded(lastMs), ratio: rounded(lastMs / firstMs) })
  }
  return rows
}

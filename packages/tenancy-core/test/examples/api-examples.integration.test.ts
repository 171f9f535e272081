import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as core from '../../src/index.ts'
import { scopedCache } from '../../src/drizzle/index.ts'
import { scopedKnex } from '../../src/knex/index.ts'
import { tenantFilterPlugin } from '../../src/kysely/index.ts'
import { createOutbox } from '../../src/outbox/index.ts'
import { scopedPrisma, tenantFilterExtension } from '../../src/prisma/index.ts'
import { scopedTypeorm } from '../../src/typeorm/index.ts'
import { readExamples } from '../../../../scripts/api-examples/read-examples.ts'
import { runExample } from '../../../../scripts/api-examples/run-example.ts'
import { openCore } from './core-names.ts'
import type { CoreNames, OpenedCore } from './core-names.ts'

const examples = readExamples(join(import.meta.dirname, '../../../..'), 'packages/tenancy-core/src').filter(
  // Those of the routes need organizations, and are run there.
  ({ path }) => !path.startsWith('packages/tenancy-core/src/http/'),
)
const published = {
  ...core,
  scopedCache,
  scopedKnex,
  tenantFilterPlugin,
  createOutbox,
  scopedPrisma,
  tenantFilterExtension,
  scopedTypeorm,
}

/** Examples that are read inside `tenancy.run()`. */
const scoped: ReadonlySet<string> = new Set([
  'TenantPool.batch',
  'Tenancy.captureContext',
  'Tenancy.restoreContext',
  'Tenancy.bind',
  'inTransaction',
  'sqlStateOf',
  'statementRunner',
])

/** What an example has brought about and does not show. */
const effects: Readonly<Record<string, (names: CoreNames) => Promise<void>>> = {
  'Tenancy.captureContext': async (names) => expect(await repositoriesOf(names)).toContain('january.csv'),
  'Tenancy.bind': async (names) => {
    names.socket.emit('message', 'from a socket')
    await vi.waitFor(async () => expect(await repositoriesOf(names)).toContain('from a socket'))
  },
}

let opened: OpenedCore

beforeAll(async () => {
  opened = await openCore()
  vi.stubEnv('APP_DATABASE_URL', opened.appUrl)
  vi.stubEnv('PARTYWALL_SEAL_KEY', core.writeSealKey(core.createSealKey()))
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await opened[Symbol.asyncDispose]()
})

async function repositoriesOf({ tenancy, organizationId }: CoreNames): Promise<readonly string[]> {
  const { rows } = await tenancy.run({ organizationId }, () =>
    tenancy.pool.query<{ name: string }>('select name from repositories'),
  )
  return rows.map(({ name }) => name)
}

describe('the examples of tenancy-core', () => {
  it.each(examples)('$name', async ({ name, code }) => {
    await using names = await opened.open()
    const run = (): Promise<void> => runExample(code, { ...published, ...names })
    await (scoped.has(name) ? names.tenancy.run({ organizationId: names.organizationId }, run) : run())
    await effects[name]?.(names)
  })

  it('are there that are said to be read inside a scope', () => {
    const names = examples.map(({ name }) => name)
    expect([...scoped, ...Object.keys(effects)].filter((name) => !names.includes(name))).toEqual([])
  })
})

import { readFileSync } from 'node:fs'
import { createContractDatabase } from '@partywall/testing/contract'
import { testServer } from '@partywall/testing/vitest'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { organizationRoutes } from '@partywall/organizations'
import type { Organizations } from '@partywall/organizations'
import { attackFault } from './attack-fault.ts'
import { attackRoute } from './attack-route.ts'
import { hostNames, startHost } from './hosts.ts'
import type { RunningHost } from './hosts.ts'
import { applyEdits } from './mutations/mutant.ts'
import { sourceMutants } from './mutations/source-mutants.ts'
import { openStage, stageSettings } from './stage.ts'
import type { Stage } from './stage.ts'

let database: Awaited<ReturnType<typeof createContractDatabase>>
let stage: Stage

beforeAll(async () => {
  database = await createContractDatabase(await testServer())
  stage = await openStage(database)
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const described = organizationRoutes({ settingsSchema: stageSettings } as Partial<Organizations> as Organizations, {
  emailOf: async () => undefined,
})

describe('sabotage', () => {
  it.each(sourceMutants)('finds the guard that it takes away: $name', ({ file, edits }) => {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
    expect(applyEdits(source, edits, file)).not.toBe(source)
  })
})

describe.each(hostNames)('%s', (name) => {
  let host: RunningHost

  beforeAll(async () => {
    host = await startHost(name, stage)
  })

  afterAll(() => host[Symbol.asyncDispose]())

  it('tells nothing of the inside', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await attackFault(host.origin)).toEqual([])
    log.mockRestore()
  })

  it.each(described.map(({ method, path }, at) => [`${method} ${path}`, at] as const))(
    '%s lets nobody through who may not, and whoever may',
    async (_, at) => {
      const route = stage.routes[at]
      if (route === undefined) throw new Error('The routes are the same in number.')
      expect((await attackRoute(stage, host.origin, route)).problems).toEqual([])
    },
  )
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSites } from '../../src/member-site.fixture.ts'
import type { Sites } from '../../src/member-site.fixture.ts'
import { assertWhole, eventIds, snapshotOf, toldSince } from '../killed/assert-whole.ts'
import { killedOperations, prepareOperation } from '../killed/kill-operation.ts'
import type { KilledOperation, OperationInput } from '../killed/kill-operation.ts'

const program = fileURLToPath(new URL('../killed/killed-process.fixture.ts', import.meta.url))

let sites: Sites

beforeAll(async () => {
  sites = await createSites()
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

interface Kill {
  readonly input: OperationInput
  readonly killAt: number
  readonly when: 'before' | 'after'
}

/** Whether it was killed: one that has sent all of its messages before is not. */
async function performKilled({ name }: KilledOperation, { input, killAt, when }: Kill): Promise<boolean> {
  const applicationName = `killed-${killAt}-${when}`
  const { appUrl, operatorUrl } = sites.database
  const settings = { operation: name, input, killAt, when, appUrl, operatorUrl, applicationName }
  const child = spawn(process.execPath, ['--conditions=partywall-source', program], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, KILLED_PROCESS: JSON.stringify(settings) },
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (signal === null) expect(code).toBe(0)
  // What was sent before the end is done by the server, which notices the end later.
  const working = 'select 1 from pg_stat_activity where application_name = $1'
  while ((await sites.database.admin(working, [applicationName])).length > 0) await setTimeout(10)
  return signal === 'SIGKILL'
}

describe('a process that is killed between any two messages', () => {
  it.each(killedOperations)('leaves all of it or nothing: $name', async (operation) => {
    const { database } = sites
    let done = 0
    let kills = 0
    let input = await prepareOperation(sites, operation)
    for (const when of ['before', 'after'] as const) {
      let wasKilled = true
      for (let killAt = 1; wasKilled; killAt += 1) {
        const before = await snapshotOf(database)
        const events = await eventIds(database)
        wasKilled = await performKilled(operation, { input, killAt, when })
        await assertWhole(database)
        kills += Number(wasKilled)
        if (wasKilled && (await snapshotOf(database)) === before) continue
        expect(await toldSince(database, events)).toEqual(operation.tells)
        done += Number(wasKilled)
        input = await prepareOperation(sites, operation)
      }
    }
    // Before and after each message; and a COMMIT that was sent is one, whether or not anybody was there for the answer.
    expect(kills).toBeGreaterThanOrEqual(4)
    expect(done).toBeGreaterThanOrEqual(1)
  })
})

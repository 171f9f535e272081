import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, samples } from '../../../test/owned-database.ts'
import { ownerLane } from '../probe-lane.ts'
import { readTenantSetting } from '../tenant-setting.ts'
import { lookThroughCall } from './look.ts'
import { Observer } from './observer.ts'
import type { NamedSurface } from './surface-list.ts'

const calls = 40

const through = (name: string): NamedSurface => ({
  name,
  isRelation: false,
  reason: undefined,
  looks: () => Array.from({ length: calls }, (_, at) => lookThroughCall(name, `public.${name}(${at})`)),
})

/** What the first organization sees at first, and when another has written while the server is busy. */
async function lookTwice(definition: string, surface: NamedSurface): Promise<boolean> {
  await using database = await createOwnedDatabase(samples.chinook)
  const { session, plan } = await convertWhole(database, 'enforce')
  await using _session = session
  const { app } = plan.settings.roles
  await database.admin(`${definition}; grant execute on function ${surface.name}(integer) to "${app}"`)
  const lane = await ownerLane(session, plan.settings)
  const observer = new Observer({ setting: await readTenantSetting(session, plan) }, lane)
  const looks = new Map([[surface, surface.looks({ rows: [], organization: '', keyType: 'uuid' })]])
  await lane.begin('stable')
  try {
    await lane.run(["set local statement_timeout = '20s'"])
    await observer.begin(randomUUID())
    const before = (await observer.look([surface], looks)).get(surface) ?? []
    expect(before).toHaveLength(calls)
    await observer.stop()
    await lane.run(["set local statement_timeout = '150ms'", "set local my.deed = 'done'"])
    await observer.mark()
    const after = (await observer.look([surface], looks)).get(surface) ?? []
    expect(after.length).toBeLessThan(calls)
    return observer.isSame(surface, after, before)
  } finally {
    await lane.rollback()
  }
}

const slow = (shown: string): string =>
  `create function public.slow(which integer) returns text language sql stable as $$ select ${shown} from pg_sleep(0.005) $$`

it('does not take a lack of time for something that another organization did', async () => {
  expect(await lookTwice(slow("'the same'"), through('slow'))).toBe(true)
})

it('sees what changed in spite of it', async () => {
  expect(await lookTwice(slow("coalesce(current_setting('my.deed', true), 'none')"), through('slow'))).toBe(false)
})

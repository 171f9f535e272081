import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOutbox } from '@partywall/tenancy-core/outbox'
import { createSites } from '../src/member-site.fixture.ts'
import type { Sites } from '../src/member-site.fixture.ts'
import { assertWhole, eventIds, snapshotOf, toldSince, writtenTables } from './killed/assert-whole.ts'
import { killedOperations, prepareOperation } from './killed/kill-operation.ts'

/** Ends its own connection at the row that is planned, of those that are written from then on. */
const killer = `
  create sequence kill_steps;
  create table kill_plan (step bigint not null);
  insert into kill_plan values (0);
  create function kill_backend() returns trigger language plpgsql security definer set row_security = off as $$
  begin
    if (select step from public.kill_plan) > 0 and nextval('public.kill_steps') = (select step from public.kill_plan) then
      perform pg_terminate_backend(pg_backend_pid());
    end if;
    return null;
  end $$;`

let sites: Sites

beforeAll(async () => {
  sites = await createSites()
  await sites.database.admin(killer)
  for (const table of writtenTables) {
    await sites.database.admin(
      `create trigger kill_backend after insert or update or delete on ${table} for each row execute function kill_backend()`,
    )
  }
})

afterAll(async () => {
  await sites[Symbol.asyncDispose]()
})

async function planKill(step: number): Promise<void> {
  await sites.database.admin(`update kill_plan set step = ${step}`)
  await sites.database.admin(`alter sequence kill_steps restart`)
}

describe('a backend that is killed at any row that it writes', () => {
  it.each(killedOperations)('leaves all of it or nothing: $name', async (operation) => {
    const { database } = sites
    const input = await prepareOperation(sites, operation)
    const before = await snapshotOf(database)
    const events = await eventIds(database)
    let step = 1
    for (; step < 100; step += 1) {
      await planKill(step)
      const failure = await operation.perform(sites, input).then(
        () => undefined,
        (error: unknown) => error,
      )
      await planKill(0)
      if (failure === undefined) break
      expect(await snapshotOf(database)).toBe(before)
    }
    // The row itself, the counter of positions and the event, at the least: each of them was the last that was written.
    expect(step).toBeGreaterThan(3)
    expect(await toldSince(database, events)).toEqual(operation.tells)
    await assertWhole(database)
  })

  it('leaves events that are delivered in their order, each once', async () => {
    const { database, tenancy } = sites
    const positions = new Map<string, number[]>()
    const dispatcher = await createOutbox(tenancy).deliver(
      {
        '*': ({ organizationId, position }) => {
          positions.set(organizationId, [...(positions.get(organizationId) ?? []), position])
        },
      },
      { pollIntervalMs: 20 },
    )
    const all = (await eventIds(database)).size
    while (dispatcher.statistics().delivered < all) await new Promise((resolve) => setTimeout(resolve, 20))
    await dispatcher.stop()
    for (const seen of positions.values()) expect(seen).toEqual(seen.map((_, at) => at + 1))
  })
})

import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, type OwnedDatabase } from '../test/owned-database.ts'
import { applyPlan } from './apply/apply-plan.ts'
import type { OnProgress } from './apply/progress.ts'
import { runnerName } from './apply/runner-lock.ts'
import { compareSnapshots, readSchemaSnapshot, type SchemaSnapshot } from './catalog/schema-snapshot.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { readConversion } from './conversion.ts'
import { openSession, type OpenSession } from './database/session.ts'
import type { Plan } from './plan/plan.ts'
import { rollbackPlan } from './rollback/rollback-plan.ts'

const config = resolveConfig({ defaultOrganization: { id: '0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f' } })

const schema = `
create table kinds (code text primary key, name text not null);
create table things (id serial primary key, sku text not null unique, kind text references kinds on delete cascade);
create unique index things_lower_idx on things (lower(sku));
create function count_things() returns int language sql security definer set search_path = public as 'select count(*)::int from things';
create view all_things as select * from things;
grant select on things to public;
insert into kinds values ('a', 'A');
insert into things (sku, kind) values ('x', 'a'), ('y', null);
`

/** Every how many steps a run is cut off: all of them would take minutes, and neighbours seldom differ. */
const EVERY = 3

class CutOff extends Error {}

/** Cuts a run off before its nth step. */
function cutOffAt(step: number): OnProgress {
  let seen = 0
  return (progress) => {
    if (progress.type === 'started' && seen++ === step) throw new CutOff()
  }
}

interface Scene {
  readonly session: OpenSession
  readonly plan: Plan
  readonly before: SchemaSnapshot
}

async function scene(database: OwnedDatabase): Promise<Scene & AsyncDisposable> {
  const session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
  const before = await readSchemaSnapshot(session)
  const { plan } = await readConversion(session, config)
  return { session, plan, before, [Symbol.asyncDispose]: () => session.close() }
}

/** Runs until it is cut off; false when it came to its end before that. */
async function isCutOff(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return false
  } catch (error) {
    if (error instanceof CutOff) return true
    throw error
  }
}

describe('apply, cut off before any step', () => {
  it('is taken up by another apply, and undone by a rollback', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan, before } = stage
    await applyPlan({ session, plan, to: 'enforce' })
    const end = await readSchemaSnapshot(session)
    await rollbackPlan({ session, plan, to: 'none' })
    for (let step = 1; ; step += EVERY) {
      if (!(await isCutOff(() => applyPlan({ session, plan, to: 'enforce', onProgress: cutOffAt(step) })))) break
      await rollbackPlan({ session, plan: (await readConversion(session, config)).plan, to: 'none' })
      expect(compareSnapshots(before, await readSchemaSnapshot(session)), `rolled back after ${step} steps`).toEqual([])
      await isCutOff(() => applyPlan({ session, plan, to: 'enforce', onProgress: cutOffAt(step) }))
      await applyPlan({ session, plan: (await readConversion(session, config)).plan, to: 'enforce' })
      expect(compareSnapshots(end, await readSchemaSnapshot(session)), `taken up after ${step} steps`).toEqual([])
      await rollbackPlan({ session, plan, to: 'none' })
    }
  })
})

describe('rollback, cut off before any step', () => {
  it('is taken up by another rollback', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan, before } = stage
    for (let step = 0; ; step += EVERY) {
      await applyPlan({ session, plan, to: 'enforce' })
      const wasCutOff = await isCutOff(() => rollbackPlan({ session, plan, to: 'none', onProgress: cutOffAt(step) }))
      await rollbackPlan({ session, plan: (await readConversion(session, config)).plan, to: 'none' })
      expect(compareSnapshots(before, await readSchemaSnapshot(session)), `after ${step} steps`).toEqual([])
      if (!wasCutOff) break
    }
  })

  it.each(['none', 'expand'] as const)('is given up by another apply (rollback to %s)', async (to) => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan } = stage
    await applyPlan({ session, plan, to: 'enforce' })
    const end = await readSchemaSnapshot(session)
    for (let step = 0; ; step += EVERY) {
      const wasCutOff = await isCutOff(() => rollbackPlan({ session, plan, to, onProgress: cutOffAt(step) }))
      await applyPlan({ session, plan: (await readConversion(session, config)).plan, to: 'enforce' })
      expect(compareSnapshots(end, await readSchemaSnapshot(session)), `after ${step} steps`).toEqual([])
      if (!wasCutOff) break
    }
  })
})

describe('rollback', () => {
  it('has nothing to do on a database that was never converted, or twice', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan, before } = stage
    expect(await rollbackPlan({ session, plan, to: 'none' })).toMatchObject({ undone: 0 })
    await applyPlan({ session, plan, to: 'contract' })
    await rollbackPlan({ session, plan, to: 'none' })
    expect(await rollbackPlan({ session, plan, to: 'none' })).toMatchObject({ undone: 0 })
    expect(compareSnapshots(before, await readSchemaSnapshot(session))).toEqual([])
  })

  it('never goes forward', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan } = stage
    await expect(rollbackPlan({ session, plan, to: 'expand' })).rejects.toMatchObject({ code: 'PHASE_NOT_REACHED' })
    await applyPlan({ session, plan, to: 'expand' })
    await expect(rollbackPlan({ session, plan, to: 'contract' })).rejects.toMatchObject({ code: 'PHASE_NOT_REACHED' })
  })

  it('and apply leave alone what the host has dropped since', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan } = stage
    await applyPlan({ session, plan, to: 'expand' })
    await database.admin('drop view all_things; drop table things cascade')
    await applyPlan({ session, plan, to: 'enforce' })
    await rollbackPlan({ session, plan, to: 'none' })
    expect([...(await readSchemaSnapshot(session)).keys()].filter((name) => /org_id|partywall/.test(name))).toEqual([])
  })

  it.each([
    ['a view on the tenant column', 'create view v as select org_id from things', 'view public.v reads org_id'],
    [
      'a foreign key on a compound key',
      'create table notes (org_id uuid, thing int, constraint n_fk foreign key (org_id, thing) references things (org_id, id))',
      'foreign key n_fk on notes references org_id',
    ],
    [
      'a grant to our role',
      'create table extra (id int); grant select on extra to ROLE',
      'holds privileges on public.extra',
    ],
  ])('names %s, and changes nothing', async (_what, statement, dependent) => {
    await using database = await createOwnedDatabase({
      text: `${schema}; create table grown (id serial primary key, thing int references things)`,
    })
    await using stage = await scene(database)
    const { session, plan } = stage
    await applyPlan({ session, plan, to: 'contract' })
    await database.admin(statement.replace('ROLE', `"${plan.settings.roles.app}"`))
    const end = await readSchemaSnapshot(session)
    await expect(rollbackPlan({ session, plan, to: 'none' })).rejects.toMatchObject({
      code: 'ROLLBACK_BLOCKED',
      message: expect.stringContaining(dependent),
    })
    expect(compareSnapshots(end, await readSchemaSnapshot(session))).toEqual([])
  })

  it('refuses to go back to expand while a second organization exists', async () => {
    await using database = await createOwnedDatabase({ text: schema })
    await using stage = await scene(database)
    const { session, plan } = stage
    await applyPlan({ session, plan, to: 'contract' })
    await database.admin("insert into partywall.organizations (slug, name) values ('second', 'Second')")
    await expect(rollbackPlan({ session, plan, to: 'expand' })).rejects.toMatchObject({
      code: 'ROLLBACK_WOULD_MERGE',
      details: { organizations: ['second'] },
    })
  })
})

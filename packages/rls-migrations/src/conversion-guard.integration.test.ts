import { describe, expect, it } from 'vitest'
import { createOwnedDatabase, execute, query } from '../test/owned-database.ts'
import { applyPlan } from './apply/apply-plan.ts'
import { runnerName } from './apply/runner-lock.ts'
import { compareSnapshots, readSchemaSnapshot } from './catalog/schema-snapshot.ts'
import { resolveConfig } from './config/resolve-config.ts'
import { readConversion } from './conversion.ts'
import { openSession } from './database/session.ts'
import { rollbackPlan } from './rollback/rollback-plan.ts'
import { verifyDatabase } from './verify/verify-database.ts'

const isOn = (table: string): string => `select relrowsecurity as on from pg_class where oid = '${table}'::regclass`

describe('the guard of new tables', () => {
  it('is left to a DBA; once made it walls every new table off, is watched by verify, and goes with a rollback', async () => {
    await using database = await createOwnedDatabase({
      text: 'create schema other; create table t (id int primary key)',
    })
    await using session = await openSession({ url: database.ownerUrl, applicationName: runnerName })
    const before = await readSchemaSnapshot(session)
    const { plan } = await readConversion(session, resolveConfig({ schemas: ['public'] }))
    const { left } = await applyPlan({ session, plan, to: 'enforce' })
    const guard = left.find(({ step }) => step === 'enforce/new-table-guard')
    for (const statement of guard?.statements ?? []) await database.admin(statement)

    const everybody = await database.login()
    await execute(
      database.ownerUrl,
      'create table plain (id int); insert into plain values (1); create table copied as select * from plain',
    )
    await execute(database.ownerUrl, 'create table other.elsewhere (id int); create temporary table short (id int)')
    await execute(
      database.ownerUrl,
      'create table parted (id int) partition by range (id); create table part partition of parted for values from (0) to (9)',
    )
    for (const table of ['plain', 'copied', 'parted', 'part']) {
      expect(await query(database.adminUrl, isOn(table)), table).toEqual([{ on: true }])
    }
    expect(await query(database.adminUrl, isOn('other.elsewhere'))).toEqual([{ on: false }])
    await execute(database.ownerUrl, 'grant select on plain to public')
    expect(await query(everybody.url, 'select * from plain')).toEqual([])
    await execute(database.ownerUrl, 'drop table plain, copied, parted, other.elsewhere')

    expect((await verifyDatabase({ session, plan, phase: 'enforce' })).crossings).toEqual([])
    await database.admin('alter event trigger partywall_guard_new_tables disable')
    expect((await verifyDatabase({ session, plan, phase: 'enforce' })).crossings).toMatchObject([
      { probe: 'new-table-guard', detail: expect.stringContaining('no event trigger that is on') },
    ])
    await rollbackPlan({ session, plan, to: 'none' })
    expect(compareSnapshots(before, await readSchemaSnapshot(session))).toEqual([])
    expect(await query(database.adminUrl, "select from pg_event_trigger where evtname like 'partywall%'")).toEqual([])
  })

  it('is made by a superuser who converts, and is no step that waits', async () => {
    await using database = await createOwnedDatabase({ text: 'create table t (id int primary key)' })
    await using session = await openSession({ url: database.adminUrl, applicationName: runnerName })
    const { plan } = await readConversion(session, resolveConfig({}))
    const { left } = await applyPlan({ session, plan, to: 'enforce' })
    expect(left.map(({ step }) => step)).not.toContain('enforce/new-table-guard')
    expect(
      await query(
        database.adminUrl,
        "select evtenabled as enabled from pg_event_trigger where evtname = 'partywall_guard_new_tables'",
      ),
    ).toEqual([{ enabled: 'O' }])
    await rollbackPlan({ session, plan, to: 'none' })
    expect(await query(database.adminUrl, 'select from pg_event_trigger')).toEqual([])
  })
})

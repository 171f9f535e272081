import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, type OwnedDatabase } from '../../../test/owned-database.ts'
import { openSession, type OpenSession } from '../../database/session.ts'
import type { Plan } from '../../plan/plan.ts'
import { displayName } from '../../sql/identifier.ts'
import { controlPlaneTables } from '../control-plane/control-plane-tables.ts'
import { prove } from '../verify-database.ts'
import type { VerifyReport } from '../verify-report.ts'
import { recordsOf } from './object-records.ts'

let database: OwnedDatabase
let plan: Plan
let admin: OpenSession

beforeAll(async () => {
  database = await createOwnedDatabase({ text: 'create table notes (id serial primary key, body text)' })
  const converted = await convertWhole(database, 'enforce')
  await converted.session.close()
  ;({ plan } = converted)
  admin = await openSession({ url: database.adminUrl, applicationName: 'sabotage' })
})

afterAll(async () => {
  await admin.close()
  await database[Symbol.asyncDispose]()
})

/** What the attacks say while the statement holds. */
async function whileTrue(...statements: readonly string[]): Promise<VerifyReport> {
  await admin.query('begin')
  try {
    for (const statement of statements) await admin.query(statement)
    await admin.query(`set local session authorization "${database.owner}"`)
    return await prove({ session: admin, plan, phase: 'enforce', objects: true, only: () => false, nested: 'nested' })
  } finally {
    await admin.query('rollback')
  }
}

const found = ({ crossings }: VerifyReport): readonly string[] =>
  crossings.map(({ table, probe }) => `${probe} ${table}`)

describe('the attacks on the control plane', () => {
  it('are all refused, each table by reading and by writing', async () => {
    const report = await whileTrue()
    expect(report.crossings).toEqual([])
    for (const { run, blocked } of report.objects) expect(blocked).toBe(run)
    expect(report.objects.map((one) => one.probe)).toEqual(['records-read', 'records-write', 'set-sequence'])
    expect(report.objects[1]?.run).toBe(controlPlaneTables(plan.settings).length * 4 + 1)
  })

  it('make a record of each table that the application reads by organization', async () => {
    const walled = controlPlaneTables(plan.settings).filter(
      ({ granted, tenantColumn }) => tenantColumn !== null && granted.includes('SELECT'),
    )
    const made = recordsOf(plan.settings, 'x').join('\n')
    expect(walled.filter(({ name }) => !made.includes(`.${name} (`)).map(displayName)).toEqual([])
    expect(walled.length).toBeGreaterThan(6)
  })

  it('find what every wall that is opened shows, and none of the others', async () => {
    const walled = controlPlaneTables(plan.settings).filter((table) => table.policies.includes('tenant_isolation'))
    for (const table of walled) {
      const name = displayName(table)
      const report = await whileTrue(`alter policy tenant_isolation on ${name} using (true) with check (true)`)
      const writes = table.granted.includes('INSERT') ? [`records-write ${name}`] : []
      expect(new Set(found(report).filter((one) => one.startsWith('records')))).toEqual(
        new Set([`records-read ${name}`, ...writes]),
      )
    }
  })

  it.each([
    [
      'grant insert on partywall.memberships to $APP; alter policy tenant_isolation on partywall.memberships with check (true)',
      'records-write partywall.memberships',
    ],
    [
      'grant update (plan) on partywall.subscriptions to $APP; grant delete on partywall.domains to $APP',
      'records-write partywall.domains',
    ],
    ['grant select on partywall.outbox to $APP', 'records-read partywall.outbox'],
    ['grant truncate on partywall.roles to $APP', 'records-write partywall.roles'],
    ['grant update on sequence public.notes_id_seq to $APP', 'set-sequence notes_id_seq'],
    [
      "select lo_from_bytea(4711, 'x'); grant select on large object 4711 to $APP",
      'read-large-object large object 4711',
    ],
  ])('find %s', async (sabotage, expected) => {
    const app = `"${plan.settings.roles.app}"`
    const report = await whileTrue(...sabotage.replaceAll('$APP', app).split('; '))
    expect(found(report)).toContain(expected)
  })
})

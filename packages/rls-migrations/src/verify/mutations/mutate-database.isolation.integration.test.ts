import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  convertWhole,
  createOwnedDatabase,
  type ConvertedDatabase,
  type OwnedDatabase,
} from '../../../test/owned-database.ts'
import { sabotagedSchema } from '../../../test/sabotaged-schema.ts'
import { openSession, type OpenSession } from '../../database/session.ts'
import { verifyDatabase } from '../verify-database.ts'
import type { MutationsReport } from '../verify-report.ts'
import { mutateDatabase, type MutationOutcome } from './mutate-database.ts'

let database: OwnedDatabase
let converted: ConvertedDatabase
let admin: OpenSession
let report: MutationsReport
const outcomes: MutationOutcome[] = []

beforeAll(async () => {
  database = await createOwnedDatabase({ text: sabotagedSchema })
  converted = await convertWhole(database, 'enforce', { tables: { shared: ['currencies'] } })
  admin = await openSession({ url: database.adminUrl, applicationName: 'mutate' })
  const { plan } = converted
  report = await mutateDatabase({
    session: admin,
    plan,
    phase: 'enforce',
    thorough: true,
    onProgress: (one) => outcomes.push(one),
  })
})

afterAll(async () => {
  await admin.close()
  await converted.session.close()
  await database[Symbol.asyncDispose]()
})

const reads = [
  'read-by-key',
  'read-all',
  'lock-row',
  'delete-other',
  'wrong-context',
  'cached-plan',
  'stale-context',
  'copy',
  'noninterference',
]
const all = [
  ...reads,
  'insert-as-other',
  'update-other',
  'move-to-other',
  'write-without-context',
  'merge',
  'savepoint',
]

/** What must notice each sabotage, on some table at least. */
const noticedBy: Readonly<Record<string, readonly string[]>> = {
  'drop-wall': ['catalog', ...all],
  'drop-access': ['catalog'],
  'drop-operator-access': ['catalog'],
  'wall-reads-all': ['catalog', ...reads],
  'wall-writes-all': ['catalog', 'insert-as-other', 'upsert-as-other', 'merge'],
  'wall-is-open': ['catalog', ...all],
  'wall-is-for-others': ['catalog', ...all],
  'wall-for-reads-only': ['catalog', 'insert-as-other'],
  'wall-is-permissive': ['catalog', ...all],
  'policy-to-public': ['foreign-policy'],
  'policy-to-public-in-place': ['catalog', 'foreign-policy', ...all],
  'row-security-off': ['catalog', ...all],
  'force-off': ['catalog'],
  'open-without-context': ['catalog', 'wrong-context', 'stale-context'],
  'open-to-zeros': ['catalog', 'zero-context'],
  'open-by-setting': ['catalog'],
  'compare-by-prefix': ['catalog', 'wrong-context', 'stale-context'],
  'compare-not': ['catalog', 'read-by-key', 'noninterference'],
  'grant-truncate': ['catalog', 'table-privilege', 'truncate'],
  'grant-trigger': ['catalog', 'table-privilege'],
  'grant-references': ['catalog', 'table-privilege'],
  'grant-insert': ['table-privilege'],
  'grant-update': ['table-privilege'],
  'grant-delete': ['table-privilege'],
  'grant-truncate-to-login': ['table-privilege'],
  'grant-setval': ['sequence-privilege'],
  'owned-by-login': ['ownership'],
  'view-of-owner': ['view-reach'],
  'materialized-view': ['view-reach'],
  'copy-of-table': ['unplanned-table'],
  'heir-of-table': ['unplanned-table'],
  'rule-of-owner': ['rewrite-rule'],
  'function-of-owner': ['definer-function'],
  'function-that-hops': ['noninterference'],
  'trigger-that-copies': ['unplanned-table', 'noninterference'],
  'tenant-may-be-null': ['catalog'],
  'tenant-by-default': ['catalog', 'default-owner'],
  'key-across-organizations': ['same-key', 'upsert'],
  'expression-across-organizations': ['same-key', 'upsert'],
  'key-dropped': ['catalog'],
  'reference-dropped': ['catalog', 'reference-other', 'reassign-other', 'cascade'],
  'reference-narrowed': ['catalog', 'reference-other', 'reassign-other', 'cascade'],
  'reference-switched-off': ['catalog', 'reference-other', 'reassign-other'],
  'immutable-accessor': ['catalog', 'cached-plan'],
  'accessor-falls-back': ['catalog', 'wrong-context', 'stale-context'],
  'default-falls-back': ['catalog'],
  'leakproof-accessor': ['catalog'],
  'accessor-of-login': ['control-plane'],
  'lookup-tells-all': ['catalog'],
  'login-with-bypassrls': ['role-attribute'],
  'login-with-superuser': ['role-attribute'],
  'login-with-createrole': ['role-attribute'],
  'login-with-replication': ['role-attribute'],
  'application-with-bypassrls': ['role-attribute', ...all],
  'member-of-owner': ['role-reach'],
  'member-of-operator': ['role-reach'],
  'member-of-read-all': ['role-reach'],
  'member-of-write-all': ['role-reach'],
  'member-of-server-files': ['role-reach'],
  'administrator-of-operator': ['role-reach'],
  'application-in-operator': ['role-reach'],
  'tenant-by-default-of-role': ['setting-default'],
  'tenant-by-default-of-database': ['setting-default'],
  'temporary-objects': ['temporary-objects'],
  'create-in-schema': ['schema-create'],
  'default-privileges': ['default-privilege'],
  'default-privileges-to-public': ['default-privilege'],
  'organizations-without-wall': ['catalog'],
  'memberships-without-wall': ['catalog'],
  'memberships-written-by-application': ['control-plane'],
  'journal-written-by-application': ['control-plane'],
  'shared-table-written': ['table-privilege'],
  'view-runs-as-owner': ['catalog', 'view-reach'],
  'rule-on-view': ['rewrite-rule'],
  'materialized-view-granted': ['view-reach'],
  'materialized-view-for-everybody': ['view-reach'],
  'function-back-to-owner': ['catalog', 'definer-function'],
}

/** MERGE came with 15, the roles that read and write everything with 14. */
function isKnown(kind: string, name: string): boolean {
  if (name === 'merge') return admin.serverVersion >= 150000
  return !['member-of-read-all', 'member-of-write-all'].includes(kind) || admin.serverVersion >= 140000
}

describe('the proof under sabotage', () => {
  it('notices all of it', () => {
    expect(report.survivors).toEqual([])
    expect(report.killed).toBe(report.run)
    expect(report.notRun).toEqual([])
  })

  it('is sabotaged in more than twenty ways for every table', () => {
    for (const table of ['projects', 'tasks', 'settings', 'notes', 'users']) {
      const kinds = new Set(outcomes.filter((one) => one.mutation.table === table).map((one) => one.mutation.kind))
      expect(kinds.size).toBeGreaterThan(20)
    }
  })

  it.each(Object.entries(noticedBy))('notices %s by %j', (kind, names) => {
    const found = outcomes.filter((one) => one.mutation.kind === kind).flatMap((one) => one.noticedBy)
    expect([...new Set(found)]).toEqual(expect.arrayContaining(names.filter((name) => isKnown(kind, name))))
  })

  it('leaves nothing of it behind: the wall is whole, through the login of the application and through the role', async () => {
    const { session, plan } = converted
    const login = await database.login([plan.settings.roles.app])
    for (const appUrl of [login.url, undefined]) {
      const after = await verifyDatabase({ session, plan, phase: 'enforce', appUrl })
      expect(after).toMatchObject({ ok: true, crossings: [], staticOnly: [], tables: { total: 5, proved: 5 } })
      expect(after.probes.blocked).toBe(after.probes.run)
    }
  })

  it('refuses to begin where the wall is broken already', async () => {
    const { plan } = converted
    await database.admin('alter table notes no force row level security')
    const refused = mutateDatabase({ session: admin, plan, phase: 'enforce' })
    await expect(refused).rejects.toMatchObject({ code: 'BASELINE_BROKEN' })
    await database.admin('alter table notes force row level security')
  })

  it('tries without a superuser what an owner may do', async () => {
    const { session, plan } = converted
    const asOwner = await mutateDatabase({ session, plan, phase: 'enforce' })
    expect(asOwner.survivors).toEqual([])
    expect(asOwner.run).toBeGreaterThan(100)
    expect(new Set(asOwner.notRun.map((one) => one.reason))).toContain('only a superuser may do it')
  })
})

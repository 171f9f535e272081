import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { convertWhole, createOwnedDatabase, execute, type OwnedDatabase } from '../../test/owned-database.ts'
import { runCommand } from '../../test/run-command.ts'
import type { LintReport } from './lint-report.ts'

type Document = LintReport & {
  readonly schemaVersion: number
  readonly ok: boolean
  readonly known: readonly { readonly rule: string }[]
  readonly stale: readonly { readonly rule: string; readonly object: string }[]
}

let database: OwnedDatabase
let folder: string
const baseline = (): string => join(folder, 'lint.json')

async function lint(...options: readonly string[]): Promise<{ code: number; document: Document }> {
  const { code, out } = await runCommand(database.ownerUrl, 'lint', '--json', ...options)
  return { code, document: JSON.parse(out) as Document }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-'))
  database = await createOwnedDatabase({
    text: 'create table teams (id int generated always as identity primary key); create table tasks (id int generated always as identity primary key, team int references teams)',
  })
  await (await convertWhole(database, 'contract')).session.close()
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

describe('partywall lint', () => {
  it('finds nothing to fail for in a database that was just converted', async () => {
    const { code, document } = await lint()
    expect({ code, ok: document.ok, basis: document.basis, phase: document.phase }).toEqual({
      code: 0,
      ok: true,
      basis: 'plan',
      phase: 'contract',
    })
    expect(document.schemaVersion).toBe(1)
    expect(document.findings.filter((one) => one.severity !== 'info')).toEqual([])
  })

  it('names what is wrong, why, and the statement that ends it, and exits with 4', async () => {
    await execute(database.ownerUrl, 'alter table tasks disable row level security')
    const { code, document } = await lint()
    expect(code).toBe(4)
    expect(document.ok).toBe(false)
    expect(document.findings[0]).toMatchObject({
      rule: 'row-security-off',
      severity: 'error',
      table: 'tasks',
      object: 'row-level security on tasks',
      fix: ['alter table public.tasks enable row level security'],
    })
    const { out } = await runCommand(database.ownerUrl, 'lint')
    expect(out).toContain('    alter table public.tasks enable row level security;\n')
    expect(out).toMatch(/^error {2}row-security-off$/m)
    expect(out).toMatch(/\n1 error/)
  })

  it('fails for what the options say, and shows what they say', async () => {
    expect((await lint('--rule', 'view-reach, table-privilege')).code).toBe(0)
    expect((await lint('--rule', 'row-security-off')).document.findings).toHaveLength(1)
    expect((await lint('--min-severity', 'error')).document.findings).toHaveLength(1)
    await execute(
      database.ownerUrl,
      'alter table tasks enable row level security; alter table tasks alter column org_id drop not null',
    )
    expect((await lint()).code).toBe(4)
    expect((await lint('--fail-on', 'error')).code).toBe(0)
    expect((await lint('--min-severity', 'error')).document.findings).toEqual([])
  })

  it('knows what the baseline knows, and says what is no longer found', async () => {
    const written = await runCommand(database.ownerUrl, 'lint', '--baseline', baseline(), '--write-baseline')
    expect(written.code).toBe(0)
    expect(JSON.parse(await readFile(baseline(), 'utf8'))).toMatchObject({
      schemaVersion: 1,
      findings: expect.arrayContaining([
        { rule: 'tenant-column-nullable', object: 'column org_id on tasks' },
      ]) as unknown,
    })
    const { code, document } = await lint('--baseline', baseline())
    expect({ code, findings: document.findings, stale: document.stale }).toEqual({ code: 0, findings: [], stale: [] })
    expect(document.known.map((one) => one.rule)).toContain('tenant-column-nullable')
    await execute(
      database.ownerUrl,
      'alter table tasks alter column org_id set not null; grant truncate on tasks to public',
    )
    const later = await lint('--baseline', baseline())
    expect(later.code).toBe(4)
    expect(later.document.findings.map((one) => one.rule)).toContain('table-privilege')
    expect(later.document.stale).toEqual([{ rule: 'tenant-column-nullable', object: 'column org_id on tasks' }])
    expect((await lint('--baseline', baseline(), '--rule', 'view-reach')).document.stale).toEqual([])
    expect((await runCommand(database.ownerUrl, 'lint', '--baseline', baseline())).out).toContain(
      'In the baseline, and no longer found:\n  tenant-column-nullable: column org_id on tasks',
    )
    await execute(database.ownerUrl, 'revoke truncate on tasks from public')
  })

  it('keeps the name of the database out of the baseline', async () => {
    const app = (await lint()).document.roles.app
    await execute(database.ownerUrl, `grant truncate on tasks to "${app}"`)
    await runCommand(database.ownerUrl, 'lint', '--baseline', baseline(), '--write-baseline')
    const text = await readFile(baseline(), 'utf8')
    expect(text).not.toContain(app)
    expect(text).toContain('privileges of <app> on tasks')
    expect((await lint('--baseline', baseline())).code).toBe(0)
    await execute(database.ownerUrl, `revoke truncate on tasks from "${app}"`)
  })

  it('refuses options that make no sense, with 2, and a baseline that is none, with 1', async () => {
    const url = database.ownerUrl
    for (const options of [
      ['--format', 'xml'],
      ['--format', 'sarif', '--json'],
      ['--rule', 'no-such-rule'],
      ['--fail-on', 'never'],
      ['--min-severity', 'notice'],
      ['--write-baseline'],
    ])
      expect((await runCommand(url, 'lint', ...options)).code).toBe(2)
    const missing = await runCommand(url, 'lint', '--baseline', join(folder, 'none.json'))
    expect({ code: missing.code, complaint: missing.complaint }).toEqual({
      code: 1,
      complaint: expect.stringContaining('LINT_BASELINE_INVALID') as unknown,
    })
    await writeFile(baseline(), '{"schemaVersion": 2, "findings": []}')
    expect((await runCommand(url, 'lint', '--baseline', baseline())).code).toBe(1)
  })
})

describe('lint of what came after the plan', () => {
  it('names a table that came later, and what an apply would add for it', async () => {
    await execute(database.ownerUrl, 'create table later (id int primary key, task int references tasks)')
    const { code, document } = await lint()
    expect(code).toBe(4)
    const [finding] = document.findings.filter((one) => one.rule === 'new-table')
    expect(finding).toMatchObject({ table: 'later', severity: 'warning' })
    const needs = finding?.needs.map((one) => one.id) ?? []
    expect(needs).toEqual(expect.arrayContaining(['expand/later/policies', 'expand/later/grants']))
    const { out } = await runCommand(database.ownerUrl, 'lint')
    expect(out).toMatch(/expand: put the wall around later/)
  })

  it('calls it an error once the application reaches it', async () => {
    const app = (await lint()).document.roles.app
    await execute(database.ownerUrl, `grant select on later to "${app}"`)
    const { document } = await lint()
    expect(
      document.findings.filter((one) => one.table === 'later').map((one) => [one.rule, one.severity]),
    ).toContainEqual(['unplanned-table', 'error'])
    await execute(database.ownerUrl, 'drop table later')
  })
})

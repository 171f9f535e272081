import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findGraphProblems } from '../scripts/check-package-graph.ts'

const root = join(import.meta.dirname, '..')

let workspace: string

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'partywall-graph-'))
  writePackage('packages/tenancy-core', { name: '@partywall/tenancy-core' })
  writePackage('packages/quota', {
    name: '@partywall/quota',
    dependencies: { '@partywall/tenancy-core': 'workspace:*' },
    devDependencies: { '@partywall/testing': 'workspace:*' },
  })
  writePackage('packages/audit', { name: '@partywall/audit' })
  writePackage('packages/testing', { name: '@partywall/testing' })
  writePackage('examples/shop', { name: 'shop-example' })
})

afterEach(() => rmSync(workspace, { recursive: true }))

describe('package graph', () => {
  it('has only allowed arrows, and DDL only where it belongs', () => {
    expect(findGraphProblems(root)).toEqual([])
  })

  it('lets a package use what lies below it, and its tests what it declares for them', () => {
    write('packages/quota/src/quota.ts', "import { TenancyError } from '@partywall/tenancy-core'\n")
    write('packages/quota/src/quota.test.ts', "import { startPostgres } from '@partywall/testing'\n")
    write(
      'packages/quota/src/text.ts',
      "// import '@partywall/audit'\nexport const text = `\n * import x from '@partywall/audit'`\n",
    )
    expect(findGraphProblems(workspace)).toEqual([])
  })

  it.each([
    ["import { record } from '@partywall/audit'", 'not among the arrows'],
    ["import type { Entry } from '@partywall/audit'", 'not among the arrows'],
    ["import {\n  a,\n  b,\n} from '@partywall/audit/internals'", 'not among the arrows'],
    ["export * from '@partywall/audit'", 'not among the arrows'],
    ["import '@partywall/audit'", 'not among the arrows'],
    ["const audit = await import('@partywall/audit')", 'not among the arrows'],
    ["import { startPostgres } from '@partywall/testing'", 'not among the arrows'],
    ["import { shop } from 'shop-example'", 'not among the arrows'],
    ["import { record } from '../../audit/src/index.ts'", 'a file of another package'],
    ["import { shop } from '../../../examples/shop/main.ts'", 'a file of another package'],
    ["await client.query('create table counters (id int)')", 'contains DDL'],
    ['await client.query(`alter table ${name} add column n int`)', 'contains DDL'],
    ["const sql = 'alter table t force row level security'", 'contains DDL'],
    ["const sql = 'grant select, insert on counters to app'", 'contains DDL'],
    ["const sql = 'create or replace function f() returns int'", 'contains DDL'],
  ])('refuses %j in a source', (code, problem) => {
    write('packages/quota/src/quota.ts', `${code}\n`)
    expect(findGraphProblems(workspace)[0]).toContain(problem)
  })

  it('refuses an import of a package that is not declared', () => {
    write('packages/quota/src/quota.test.ts', "import { record } from '@partywall/audit'\n")
    expect(findGraphProblems(workspace)).toEqual([
      'packages/quota/src/quota.test.ts imports @partywall/audit, which packages/quota/package.json does not declare.',
    ])
  })

  it('refuses a dependency that is not an arrow', () => {
    writePackage('packages/audit', { name: '@partywall/audit', dependencies: { '@partywall/quota': 'workspace:*' } })
    expect(findGraphProblems(workspace)[0]).toContain('packages/audit/package.json depends on packages/quota')
  })

  it('refuses an example even among the dependencies of tests', () => {
    writePackage('packages/audit', { name: '@partywall/audit', devDependencies: { 'shop-example': 'workspace:*' } })
    expect(findGraphProblems(workspace)[0]).toContain('nothing imports an example')
  })

  it('refuses a package that the table does not know', () => {
    writePackage('packages/extra', { name: '@partywall/extra' })
    expect(findGraphProblems(workspace)[0]).toContain('packages/extra is not in the table')
  })

  it('finds a violation that is planted in a copy of the real packages', () => {
    cpSync(join(root, 'packages'), join(workspace, 'packages'), {
      recursive: true,
      filter: (source) => !/node_modules|\/dist$/.test(source),
    })
    write('packages/tenancy-core/src/planted.ts', "import { planConversion } from '@partywall/rls-migrations'\n")
    expect(findGraphProblems(workspace)).toContainEqual(
      'packages/tenancy-core/src/planted.ts imports @partywall/rls-migrations, which is not among the arrows of tenancy-core.',
    )
  })
})

function writePackage(directory: string, manifest: object): void {
  write(`${directory}/package.json`, JSON.stringify(manifest))
}

function write(path: string, text: string): void {
  const file = join(workspace, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

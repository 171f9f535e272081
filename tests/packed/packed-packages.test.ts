import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackages, type ConsumerProject } from './consumer-project.ts'

let project: ConsumerProject

beforeAll(async () => {
  project = await installPackages()
})

afterAll(async () => {
  await project[Symbol.asyncDispose]()
})

/** Every entry of every package. */
function specifiers(): string[] {
  return project.packages.flatMap(({ name, entries }) => entries.map((entry) => `${name}${entry.slice(1)}`))
}

/** Prints a line for each entry: `loaded`, or the package that it misses. */
function loading(load: string): string {
  const one = `async (specifier) => {
    try {
      console.log(Object.keys(${load}).length > 0 ? 'loaded' : 'empty')
    } catch (error) {
      console.log(/Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1] ?? error.stack)
    }
  }`
  return `const load = ${one}\n;(async () => { for (const specifier of ${JSON.stringify(specifiers())}) await load(specifier) })()`
}

/** What each entry may print. This project has none of the optional peers; whatever else is missing is a fault. */
function expectLoaded(stdout: string): void {
  const printed = stdout.trim().split('\n')
  const wanted = project.packages.flatMap(({ entries, optionalPeers }) =>
    entries.map((entry) => (entry === '.' ? ['loaded'] : ['loaded', ...optionalPeers])),
  )
  expect(printed).toHaveLength(wanted.length)
  for (const [at, line] of printed.entries()) expect(wanted[at], specifiers()[at]).toContain(line)
}

describe('packed packages', () => {
  it('are imported by a project of ECMAScript modules', async () => {
    await project.write({ 'imports.js': loading('await import(specifier)') })
    const { exitCode, stdout } = await project.node('imports.js')
    expect(exitCode).toBe(0)
    expectLoaded(stdout)
  })

  it('are required by a CommonJS project, as the same modules', async () => {
    const same = `import('@partywall/tenancy-core').then((esm) => console.log(esm.createTenancy === require('@partywall/tenancy-core').createTenancy))`
    await project.write({ 'commonjs/requires.js': loading('require(specifier)'), 'commonjs/same.js': same })
    // Older versions of Node say on standard error that requiring a module is experimental.
    const { exitCode, stdout } = await project.node('commonjs/requires.js')
    expect(exitCode).toBe(0)
    expectLoaded(stdout)
    expect(await project.node('commonjs/same.js')).toMatchObject({ exitCode: 0, stdout: 'true\n' })
  })

  it('bind statements to a tenant: without one nothing is sent', async () => {
    await project.write({
      'refuses.js': `
        import { createTenancy, isTenancyError } from '@partywall/tenancy-core'
        const tenancy = createTenancy({ pool: { connectionString: 'postgres://nobody@127.0.0.1:1/nowhere' } })
        try {
          await tenancy.pool.query('select 1')
        } catch (error) {
          console.log(isTenancyError(error, 'TENANT_REQUIRED'))
        }`,
    })
    expect(await project.node('refuses.js')).toEqual({ exitCode: 0, stdout: 'true\n', stderr: '' })
  })

  it('bring types that a strict project checks against', async () => {
    await project.write({
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          strict: true,
          module: 'nodenext',
          target: 'es2023',
          noEmit: true,
          types: ['node'],
          lib: ['es2023', 'esnext.disposable'],
        },
        files: ['types.ts'],
      }),
      'types.ts': `
        import { createTenancy, type Tenancy } from '@partywall/tenancy-core'
        import { defineConfig } from 'partywall'
        import { startPostgres, type PostgresServer } from '@partywall/testing'
        export const tenancy: Tenancy = createTenancy({ pool: { connectionString: '' } })
        export const config = defineConfig({ tenantColumn: 'orgId' })
        export const server: Promise<PostgresServer> = startPostgres()
        // @ts-expect-error an option that does not exist
        createTenancy({ pool: {}, pools: 1 })
        // @ts-expect-error a member that does not exist
        defineConfig({ tenantColum: 'orgId' })`,
    })
    const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc')
    expect(() => execFileSync(tsc, ['-p', project.directory], { encoding: 'utf8', stdio: 'pipe' })).not.toThrow()
  })

  it('hold what was built, a README and the license, and neither sources nor tests', () => {
    for (const { name } of project.packages) {
      const directory = join(project.directory, 'node_modules', name)
      const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
      const published = files.filter((file) => !file.startsWith('node_modules'))
      expect(published).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
      expect(published).toContain(join('dist', 'index.js'))
      expect(published.filter((file) => /(^|\/)src(\/|$)|\.(test|fixture)\./.test(file))).toEqual([])
    }
  })

  it('bring the command, which prints its help', async () => {
    const { exitCode, stdout, stderr } = await project.bin('partywall', '--help')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('Usage: partywall <command>')
  })

  it('convert and prove a dump with nothing but npm', async () => {
    await project.write({
      'dump.sql': `
        create table users (id bigint generated always as identity primary key, email text not null unique);
        create table notes (id bigint generated always as identity primary key, user_id bigint not null references users (id), body text not null);
        insert into users (email) values ('ada@example.org'), ('grace@example.org');
        insert into notes (user_id, body) values (1, 'one'), (2, 'two'), (2, 'three');`,
      'partywall.config.ts':
        "import { defineConfig } from 'partywall'\nexport default defineConfig({ users: { table: 'users' } })\n",
    })
    const { exitCode, stdout, stderr } = await project.bin('partywall', 'rehearse', 'dump.sql', '--json')
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0)
    const report = JSON.parse(stdout) as {
      rows: { sameContent: boolean }
      verify: { ok: boolean; crossings: unknown[] }
    }
    expect(report.rows.sameContent).toBe(true)
    expect(report.verify).toMatchObject({ ok: true, crossings: [] })
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixtureClientClass } from './prisma/prisma-client.fixture.ts'
import { packageDirectory, runProgram } from './run-program.fixture.ts'
import { createTenantDatabase } from './tenant-database.fixture.ts'
import type { TenantDatabase } from './tenant-database.fixture.ts'

const readme = await readFile(join(packageDirectory, 'README.md'), 'utf8')
const generated = join(packageDirectory, 'src/prisma/fixture')

let database: TenantDatabase

beforeAll(async () => {
  await fixtureClientClass()
  database = await createTenantDatabase(2)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const run = (program: string, organizationId = database.organizations[0] as string): Promise<readonly string[]> =>
  runProgram(program, { appUrl: database.appUrl, organizationId })

function shown(mark: string): string {
  const program = new RegExp(`<!-- ${mark} -->\n\`\`\`ts\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? ''
  return program.replaceAll(`'./`, `'${generated}/`)
}

/** The host as the README shows it: it prints the owners of the rows that it was answered with, and its refusals. */
function hostOf(name: string): string {
  const host = shown(`host: ${name}`)
    .replace(/^await tenancy\.run\(/m, 'const rows = await tenancy.run(')
    .replace(/^await (.*) \/\/ TenancyError .*$/m, 'await $1.catch((error) => console.log(error.code))')
  return `const organizationId = process.env.ORGANIZATION_ID
    ${host}
    console.log([...new Set(rows.map((row) => row.orgId ?? row.org_id))].join(), rows.length)
    await tenancy.close()`
}

describe('the README', () => {
  it('shows a host for each library; those of examples/drivers are run there', () => {
    const hosts = [...readme.matchAll(/<!-- host: (\w+) -->/g)].map(([, name]) => name)
    expect(hosts).toEqual(['pg', 'kysely', 'prisma', 'drizzle', 'knex', 'typeorm'])
  })

  it.each([
    ['pg', ['TENANT_REQUIRED']],
    ['kysely', []],
    ['prisma', []],
  ])('shows a host that works: %s', async (name, refusals) => {
    for (const organizationId of database.organizations) {
      expect(await run(hostOf(name), organizationId)).toEqual([...refusals, `${organizationId} 5`])
    }
  })

  it.each([
    ['prisma', 1],
    ['claims', 3],
  ])('prints what it says: %s', async (name, count) => {
    const program = shown(`program: ${name}`)
    const promised = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, output]) => output)
    expect(promised).toHaveLength(count)
    expect(await run(program)).toEqual(promised)
  })
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packageDirectory, runProgram } from '../run-program.fixture.ts'
import { createTenantDatabase } from '../tenant-database.fixture.ts'
import type { TenantDatabase } from '../tenant-database.fixture.ts'

let database: TenantDatabase

beforeAll(async () => {
  database = await createTenantDatabase(2)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

const run = (program: string): Promise<readonly string[]> =>
  runProgram(program, { appUrl: database.appUrl, organizationId: database.organizations[0] as string })

describe('the documentation of the Kysely plugin', () => {
  it('prints what the README says', async () => {
    const readme = await readFile(join(packageDirectory, 'README.md'), 'utf8')
    const program =
      [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].find(([, code]) => code?.includes('tenantFilterPlugin'))?.[1] ?? ''
    const promised = [...program.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, output]) => output)
    expect(promised).toHaveLength(2)
    expect(await run(program)).toEqual(promised)
  })
})

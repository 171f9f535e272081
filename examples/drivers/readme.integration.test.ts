import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTenantDatabase, repositoriesEach, type TenantDatabase } from './test/create-tenant-database.ts'

const readme = await readFile(path.join(import.meta.dirname, '../../packages/tenancy-core/README.md'), 'utf8')

let database: TenantDatabase

beforeAll(async () => {
  database = await createTenantDatabase(2)
})

afterAll(async () => {
  await database[Symbol.asyncDispose]()
})

/** The host as the README shows it, its last call printing the owners of the rows that it was answered with. */
function programOf(name: string): string {
  const shown = new RegExp(`<!-- host: ${name} -->\n\`\`\`ts\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? ''
  const directory = path.join(import.meta.dirname, name)
  const host = shown
    .replaceAll(`'./`, `'${directory}/`)
    .replace(/^await tenancy\.run\(/m, 'const rows = await tenancy.run(')
  return `const organizationId = process.env.ORGANIZATION_ID
    ${host}
    console.log(JSON.stringify(rows.map((row) => row.orgId ?? row.org_id)))
    await tenancy.close()`
}

describe('the README of tenancy-core', () => {
  it.each(['drizzle', 'knex', 'typeorm'])('shows a host that works: %s', async (name) => {
    for (const organizationId of database.organizations) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--conditions=partywall-source', '--input-type=module-typescript', '--eval', programOf(name)],
        {
          cwd: import.meta.dirname,
          env: { ...process.env, APP_DATABASE_URL: database.appUrl, ORGANIZATION_ID: organizationId },
        },
      )
      expect(JSON.parse(stdout)).toEqual(Array.from({ length: repositoriesEach }, () => organizationId))
    }
  })
})

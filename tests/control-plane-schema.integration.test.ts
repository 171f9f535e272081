import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createOwnedDatabase } from '../packages/rls-migrations/test/owned-database.ts'
import { expectedSchemaFile, installedControlPlane } from '../scripts/control-plane-schema.ts'

const expected: unknown = JSON.parse(readFileSync(expectedSchemaFile, 'utf8'))

describe('control-plane schema', () => {
  it('ends as migrations/schema.expected.json says', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    expect(await installedControlPlane(database.ownerUrl)).toEqual(expected)
  })

  it('is the same under another schema name and another setting', async () => {
    await using database = await createOwnedDatabase({ text: '' })
    const config = { controlSchema: 'tenant_control', setting: 'crew.tenant' }
    expect(await installedControlPlane(database.ownerUrl, config)).toEqual(expected)
  })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { embeddedMigrations } from '../scripts/embed-migrations.ts'

const embedded = join(import.meta.dirname, '../packages/rls-migrations/src/generated/migrations.ts')

describe('embedded migrations', () => {
  it('are the SQL of migrations/; run `pnpm generate` when they are not', () => {
    expect(readFileSync(embedded, 'utf8')).toBe(embeddedMigrations())
  })
})

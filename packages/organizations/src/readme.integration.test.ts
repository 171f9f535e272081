import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runReadme } from '../../../scripts/run-readme.ts'
import { createConvertedDatabase } from './converted-database.fixture.ts'

describe('README', () => {
  it('prints what it says', async () => {
    await using database = await createConvertedDatabase('contract')
    const { printed, promised } = await runReadme(join(import.meta.dirname, '..'), {
      APP_DATABASE_URL: database.appUrl,
      OPERATOR_DATABASE_URL: database.operatorUrl,
    })
    expect(promised).toHaveLength(5)
    expect(printed).toEqual(promised)
  })
})

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runReadme } from '../../../scripts/run-readme.ts'
import { createSite } from './site.fixture.ts'

describe('README', () => {
  it('prints what it says', async () => {
    await using site = await createSite()
    await site.admin("delete from projects where name ~ '[345]$'")
    const { printed, promised } = await runReadme(join(import.meta.dirname, '..'), { APP_DATABASE_URL: site.appUrl })
    expect(promised).toHaveLength(4)
    expect(printed).toEqual(promised)
  })
})

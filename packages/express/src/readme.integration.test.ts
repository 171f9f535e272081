import { join } from 'node:path'
import { createOrganizations } from '@partywall/organizations'
import { createHttpSite } from '@partywall/testing/http-contract'
import { describe, expect, it } from 'vitest'
import { runReadme } from '../../../scripts/run-readme.ts'

describe('README', () => {
  it('prints what it says', async () => {
    await using site = await createHttpSite(createOrganizations)
    const appUrl = site.database.appUrl
    const { printed, promised } = await runReadme(join(import.meta.dirname, '..'), { APP_DATABASE_URL: appUrl })
    expect(promised).toHaveLength(4)
    expect(printed).toEqual(promised)
  })
})

import { createOrganizations } from '@partywall/organizations'
import { createTenancy } from '@partywall/tenancy-core'
import { expect, it } from 'vitest'
import { rulesFor, settingsSchema } from '../src/settings.ts'
import { createConvertedDatabase } from '../test/create-converted-database.ts'
import { query } from '../test/create-flakeguard-database.ts'

it('lets a team choose when a test is flaky and what becomes of it, and another team choose otherwise', async () => {
  await using database = await createConvertedDatabase()
  const tenancy = createTenancy({ pool: { connectionString: database.appUrl, max: 2 } })
  const organizations = createOrganizations(tenancy, { settings: settingsSchema })
  const teams = [database.first, database.second]
  const scopes = []
  for (const { id: organizationId, memberIds } of teams) {
    const [userId = ''] = memberIds
    const owner = `update partywall.memberships set role = 'owner' where organization_id = $1 and user_id = $2`
    await query(database.ownerUrl, owner, [organizationId, userId])
    scopes.push({ organizationId, actor: { type: 'user', id: userId } } as const)
  }
  const [ours, theirs] = scopes as [(typeof scopes)[0], (typeof scopes)[0]]

  await tenancy.run(ours, async () => {
    await organizations.updateSettings({
      flakeThreshold: 0.2,
      slack: { enabled: true, channel: '#flaky-tests' },
      policies: [
        { name: 'end to end', include: ['e2e/**'], exclude: ['e2e/smoke/**'], quarantine: { enabled: true, days: 3 } },
        { name: 'unit', include: ['**/*.test.ts'], flakeThreshold: 0.01 },
      ],
    })
    const patched = await organizations.updateSettings({
      autoQuarantine: { minimumRuns: 50 },
      notifications: { digest: 'daily' },
    })
    expect(patched).toMatchObject({ version: 2, settings: { slack: { channel: '#flaky-tests' } } })

    const settings = await organizations.settings()
    const standard = { enabled: false, minimumRuns: 50, days: 14, maximumShare: 0.1 }
    expect(rulesFor(settings, 'e2e/login.spec.ts')).toEqual({
      policy: 'end to end',
      flakeThreshold: 0.2,
      quarantine: { ...standard, enabled: true, days: 3 },
    })
    const unit = { policy: 'unit', flakeThreshold: 0.01, quarantine: standard }
    expect(rulesFor(settings, 'e2e/smoke/a.test.ts')).toEqual(unit)
    expect(rulesFor(settings, 'tools/a.py')).toEqual({ policy: undefined, flakeThreshold: 0.2, quarantine: standard })
  })
  await tenancy.run(theirs, async () => {
    expect(await organizations.settings()).toEqual(settingsSchema.parse({}))
    for (const [wrong, pointer] of [
      [{ flakeThreshold: 1.5 }, '/flakeThreshold'],
      [{ slack: { enabled: true } }, '/slack/channel'],
      [{ slack: { webhookUrl: 'https://hooks.slack.com/x' } }, '/slack/webhookUrl'],
      [{ policies: [{ name: 'all', include: ['../../etc/**'] }] }, '/policies/0/include/0'],
      [{ notifications: { digest: 'hourly' } }, '/notifications/digest'],
    ] as const) {
      const refused = organizations.updateSettings(wrong as never)
      await expect(refused).rejects.toMatchObject({ code: 'SETTINGS_INVALID', details: { issues: [{ pointer }] } })
    }
  })
  await tenancy.close()
})

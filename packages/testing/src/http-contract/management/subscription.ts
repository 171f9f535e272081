import { describe, expect, it } from 'vitest'
import type { ManagementTarget } from '../describe-management-api.ts'

/** The plan of the organization is read by its members, and written by billing alone. */
export function describeSubscription({ ask, site }: ManagementTarget): void {
  describe('the subscription', () => {
    it('is shown to its members, each that of their own organization', async () => {
      const sql = `insert into partywall.subscriptions (organization_id, plan, status, trial_ends_at, occurred_at)
        values ($1, 'pro', 'trialing', '2001-01-01', '2000-01-01')`
      await site().database.admin(sql, [site().acmeId])
      expect(await ask('viewer-of-acme', 'GET /organization/subscription')).toMatchObject({
        status: 200,
        body: { plan: 'free', subscribedPlan: 'pro', status: 'expired', trialEndsAt: '2001-01-01T00:00:00.000Z' },
      })
      expect(await ask('bob', 'GET /organization/subscription', { organization: 'globex' })).toMatchObject({
        status: 200,
        body: { plan: 'free', subscribedPlan: null, status: 'none', entitlements: {} },
      })
      const written = await ask('ada', 'PUT /organization/subscription', { body: { plan: 'pro' } })
      expect(written).toMatchObject({ status: 405 })
    })
  })
}

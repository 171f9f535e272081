import * as z from 'zod'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route } from '@partywall/tenancy-core/http'
import type { Organizations } from '../organizations.ts'
import { storedStatuses } from '../subscriptions.ts'
import { timeSchema, timeText } from './time-text.ts'

const subscriptionSchema = z
  .object({
    plan: z.string().describe('The plan that is in force: the fallback when the subscription does not count'),
    subscribedPlan: z.string().nullable().describe('The plan that was bought'),
    status: z.enum(['none', ...storedStatuses, 'expired']).describe('`expired`: the trial has ended'),
    seats: z.number().int().nullable().describe('Seats that are paid for; null for no limit, or where none are sold'),
    currentPeriodStart: timeSchema.nullable(),
    currentPeriodEnd: timeSchema.nullable(),
    trialEndsAt: timeSchema.nullable(),
    endsAt: timeSchema.nullable().describe('From then on it counts for nothing'),
    entitlements: z
      .record(z.string(), z.union([z.number(), z.boolean(), z.literal('unlimited')]))
      .describe('What the organization may have now'),
  })
  .meta({ title: 'Subscription' })

/** The plan of the organization. There is no route that writes it: a member gives their organization no plan. */
export function subscriptionRoutes(organizations: Organizations): readonly Route[] {
  return [
    defineRoute({
      tag: 'subscription',
      scope: 'organization',
      method: 'GET',
      path: '/organization/subscription',
      operationId: 'showSubscription',
      summary: 'Show the plan of the organization, and what it includes now',
      permission: 'subscription:read',
      response: subscriptionSchema,
      handler: async () => {
        const { currentPeriodStart, currentPeriodEnd, trialEndsAt, endsAt, ...rest } =
          await organizations.subscription()
        return {
          ...rest,
          currentPeriodStart: timeText(currentPeriodStart),
          currentPeriodEnd: timeText(currentPeriodEnd),
          trialEndsAt: timeText(trialEndsAt),
          endsAt: timeText(endsAt),
        }
      },
    }),
  ]
}

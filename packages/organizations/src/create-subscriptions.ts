import * as z from 'zod'
import { TenancyError, sqlStateOf, statementRunner } from '@partywall/tenancy-core'
import type { Entitlement, EntitlementSet, WriteOptions } from '@partywall/tenancy-core'
import type { ControlPlane } from './control-plane.ts'
import { explained } from './explain-refusal.ts'
import { parseInput } from './parse-input.ts'
import { overrideIssues, overridesSchema, planOf } from './plans.ts'
import type { ResolvedPlans } from './plans.ts'
import { storedStatuses } from './subscriptions.ts'
import type { Subscription, Subscriptions } from './subscriptions.ts'
import { asOperator } from './write-control-plane.ts'

/** Where subscriptions are kept, and what their plans include. */
export interface SubscriptionPlane extends ControlPlane {
  readonly plans: ResolvedPlans
}

const stateSchema = z
  .strictObject({
    organizationId: z.string().min(1).max(200),
    plan: z.string().max(63),
    status: z.enum(storedStatuses),
    currentPeriodStart: z.date().nullish(),
    currentPeriodEnd: z.date().nullish(),
    trialEndsAt: z.date().nullish(),
    endsAt: z.date().nullish(),
    seats: z.number().int().min(0).max(2_147_483_647).nullish(),
    overrides: overridesSchema.optional(),
    occurredAt: z.date(),
    sequence: z.number().int().min(0).default(0),
  })
  .refine(({ status, trialEndsAt }) => status !== 'trialing' || Boolean(trialEndsAt), 'A trial needs trialEndsAt')
  .refine(
    ({ currentPeriodStart: start, currentPeriodEnd: end }) => !start || !end || start < end,
    'The period ends before it begins',
  )

interface StoredRow {
  readonly plan: string
  readonly status: Exclude<Subscription['status'], 'none'>
  readonly seats: number | null
  readonly currentPeriodStart: Date | null
  readonly currentPeriodEnd: Date | null
  readonly trialEndsAt: Date | null
  readonly endsAt: Date | null
  readonly overrides: Readonly<Record<string, Entitlement>>
}

/** The subscriptions of organizations, over the functions of the control plane. */
export function createSubscriptions(plane: SubscriptionPlane): Subscriptions {
  return {
    subscription: async () => read(plane, plane.tenancy.requireTenant().organizationId),
    setSubscription: (state) => set(plane, state),
    entitlement: (organizationId, key, options) => entitlement(plane, { organizationId, key }, options),
    entitlements: (organizationId, options) => entitlements(plane, organizationId, options),
  }
}

async function set(
  plane: SubscriptionPlane,
  { actor, transaction, ...given }: Parameters<Subscriptions['setSubscription']>[0],
): ReturnType<Subscriptions['setSubscription']> {
  const { organizationId, ...state } = parseInput(stateSchema, given, 'SUBSCRIPTION_INVALID')
  const seats = state.seats === undefined ? seatsOf(planOf(plane.plans, state.plan)) : state.seats
  const issues = overrideIssues(plane.plans, state.overrides ?? {})
  if (issues.length > 0)
    throw new TenancyError('SUBSCRIPTION_INVALID', `${issues.join('; ')}.`, { details: { issues } })
  // What is undefined is not in the text, and stays.
  const values = [organizationId, JSON.stringify({ ...state, seats })]
  const sql = `select ${plane.control}.set_subscription($1::text, $2::text::jsonb) as "outcome"`
  const asked = { organizationId, plan: state.plan, status: state.status }
  const work = { reason: 'set a subscription', actor, asked, options: { transaction } }
  const rows = await asOperator(plane, work, (run) =>
    run<{ outcome: 'applied' | 'duplicate' | 'outdated' }>(sql, values),
  ).catch((error: unknown) => {
    // A text that is no id of the key's type names no organization.
    if (!['22P02', '22003'].includes(sqlStateOf(error) ?? '')) throw error
    throw new TenancyError('ORGANIZATION_UNKNOWN', 'There is no such organization. Pass the id of one.', {
      details: asked,
      cause: error,
    })
  })
  return (rows[0] as (typeof rows)[0]).outcome
}

function seatsOf({ seats }: Readonly<Record<string, Entitlement>>): number | null | undefined {
  return seats === 'unlimited' ? null : (seats as number | undefined)
}

/** A trial that has run out, and an end that has come, are seen here: by the clock of the database. */
async function read(
  { tenancy, control, plans }: SubscriptionPlane,
  organizationId: string,
  { transaction }: WriteOptions = {},
): Promise<Subscription> {
  const sql = `
    select plan, seats, current_period_start as "currentPeriodStart", current_period_end as "currentPeriodEnd",
      trial_ends_at as "trialEndsAt", ends_at as "endsAt", overrides,
      case when ends_at <= pg_catalog.now() then 'canceled'
        when status = 'trialing' and trial_ends_at <= pg_catalog.now() then 'expired' else status end as "status"
    from ${control}.subscriptions where organization_id::text = $1`
  const rows = await explained({ organizationId }, async () =>
    transaction === undefined
      ? (await tenancy.run({ organizationId }, () => tenancy.pool.query<StoredRow>(sql, [organizationId]))).rows
      : await statementRunner(transaction)<StoredRow>(sql, [organizationId]),
  )
  return subscriptionOf(plans, rows[0])
}

function subscriptionOf(plans: ResolvedPlans, row: StoredRow | undefined): Subscription {
  if (row === undefined) {
    const none = { seats: null, currentPeriodStart: null, currentPeriodEnd: null, trialEndsAt: null, endsAt: null }
    const plan = plans.fallback
    return { plan, subscribedPlan: null, status: 'none', ...none, entitlements: planOf(plans, plan) }
  }
  const { plan: subscribedPlan, overrides, ...rest } = row
  const counts = (plans.entitledStatuses as readonly string[]).includes(row.status)
  const plan = counts ? subscribedPlan : plans.fallback
  const included = planOf(plans, plan)
  // What a former version of the plans had and this one has not is nobody's business any more.
  const given = Object.entries(counts ? overrides : {}).filter(([key]) => Object.hasOwn(included, key))
  return { ...rest, plan, subscribedPlan, entitlements: { ...included, ...Object.fromEntries(given) } }
}

async function entitlements(
  plane: SubscriptionPlane,
  organizationId: string,
  options?: WriteOptions,
): Promise<EntitlementSet> {
  const {
    plan,
    currentPeriodStart,
    currentPeriodEnd,
    entitlements: values,
  } = await read(plane, organizationId, options)
  return { plan, periodStart: currentPeriodStart, periodEnd: currentPeriodEnd, values }
}

async function entitlement(
  plane: SubscriptionPlane,
  { organizationId, key }: { readonly organizationId: string; readonly key: string },
  options?: WriteOptions,
): Promise<Entitlement> {
  const { values } = await entitlements(plane, organizationId, options)
  const value = Object.hasOwn(values, key) ? values[key] : undefined
  if (value !== undefined) return value
  throw new TenancyError('ENTITLEMENT_UNKNOWN', `No plan has "${key}". Add it to every plan.`, { details: { key } })
}

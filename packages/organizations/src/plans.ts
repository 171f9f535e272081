import * as z from 'zod'
import { TenancyError } from '@partywall/tenancy-core'
import type { Entitlement } from '@partywall/tenancy-core'
import { storedStatuses } from './subscriptions.ts'
import type { StoredSubscriptionStatus } from './subscriptions.ts'

/** The plans of a service, as data. */
export interface Plans {
  /** The plan of an organization that has no subscription, or one that does not count any more. */
  readonly fallback: string
  /**
   * What each plan includes. All plans have the same keys, and a key is a limit in all of them (a number, or
   * `'unlimited'`), or a flag in all of them. `seats`, where it is there, limits the members of the organization.
   */
  readonly catalog: Readonly<Record<string, Readonly<Record<string, Entitlement>>>>
  /** The states in which a subscription counts. @defaultValue trialing, active, past_due */
  readonly entitledStatuses?: readonly StoredSubscriptionStatus[] | undefined
}

/** Plans whose parts were checked. */
export type ResolvedPlans = Plans & Required<Pick<Plans, 'entitledStatuses'>>

const entitlementSchema = z.union([z.number().min(0), z.boolean(), z.literal('unlimited')])
const keySchema = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_.-]{0,62}$/, 'Expected a key: a letter, then letters, digits, _ . -')
const planNameSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'Expected a plan: lower-case letters, digits, _ -')

/** What one organization was given beside its plan. */
export const overridesSchema: z.ZodType<Readonly<Record<string, Entitlement>>> = z.record(keySchema, entitlementSchema)

export const plansSchema: z.ZodType<ResolvedPlans, Plans | undefined> = z
  .strictObject({
    fallback: planNameSchema,
    catalog: z.record(planNameSchema, z.record(keySchema, entitlementSchema)),
    entitledStatuses: z.array(z.enum(storedStatuses)).default(['trialing', 'active', 'past_due']),
  })
  .superRefine(({ fallback, catalog }, context) => {
    for (const message of planIssues(catalog, fallback))
      context.addIssue({ code: 'custom', message, path: ['catalog'] })
  })
  .default({
    fallback: 'free',
    catalog: { free: {}, pro: {}, enterprise: {} },
    entitledStatuses: ['trialing', 'active', 'past_due'],
  })

function planIssues(catalog: Plans['catalog'], fallback: string): readonly string[] {
  const plans = Object.entries(catalog)
  const kinds = new Map(
    plans.flatMap(([, values]) => Object.entries(values).map(([key, value]) => [key, kindOf(value)])),
  )
  const issues = plans.flatMap(([plan, values]) =>
    [...kinds].flatMap(([key, kind]) => {
      if (!Object.hasOwn(values, key)) return [`the plan "${plan}" says nothing of "${key}", which another plan has`]
      const isOther = kindOf(values[key] as Entitlement) !== kind
      return isOther ? [`"${key}" is a limit in one plan and a flag in another`] : []
    }),
  )
  const seats = plans.some(([, values]) => !isSeats(values['seats']))
  return [
    ...new Set(issues),
    ...(Object.hasOwn(catalog, fallback) ? [] : [`the fallback "${fallback}" is none of the plans`]),
    ...(seats ? ['"seats" is a whole number or \'unlimited\''] : []),
  ]
}

function isSeats(value: Entitlement | undefined): boolean {
  return value === undefined || value === 'unlimited' || (Number.isInteger(value) && (value as number) <= 2_147_483_647)
}

function kindOf(value: Entitlement): 'flag' | 'limit' {
  return typeof value === 'boolean' ? 'flag' : 'limit'
}

/** @throws {TenancyError} `SUBSCRIPTION_PLAN_UNKNOWN` */
export function planOf({ catalog }: Plans, plan: string): Readonly<Record<string, Entitlement>> {
  const values = Object.hasOwn(catalog, plan) ? catalog[plan] : undefined
  if (values !== undefined) return values
  throw new TenancyError(
    'SUBSCRIPTION_PLAN_UNKNOWN',
    `There is no plan "${plan}". Define it in the plans of createOrganizations(), and keep it while anybody has it.`,
    { details: { plan } },
  )
}

/** What is overridden has to be in the plans, as the same kind. */
export function overrideIssues(plans: Plans, overrides: Readonly<Record<string, Entitlement>>): readonly string[] {
  const known = planOf(plans, plans.fallback)
  return Object.entries(overrides).flatMap(([key, value]) => {
    if (!Object.hasOwn(known, key)) return [`overrides.${key}: no plan has it`]
    if (key === 'seats') return ['overrides.seats: pass seats instead']
    return kindOf(value) === kindOf(known[key] as Entitlement)
      ? []
      : [`overrides.${key}: expected the kind of the plans`]
  })
}

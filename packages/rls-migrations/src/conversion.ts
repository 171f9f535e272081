import { randomUUID } from 'node:crypto'
import { findDefaultOrganization, Journal, type ConversionState } from './apply/journal.ts'
import type { Catalog, Login } from './catalog/catalog.ts'
import { readCatalog } from './catalog/read-catalog.ts'
import type { ResolvedConfig } from './config/resolve-config.ts'
import type { Session } from './database/session.ts'
import { planIncrement, type Increment } from './plan/increment.ts'
import { findFalseKeys } from './preflight/false-keys.ts'
import { planConversion } from './plan/plan-conversion.ts'
import type { Plan } from './plan/plan.ts'

/** A database and what is known of its conversion. */
export interface Conversion {
  /** The frozen plan; before the first apply, the plan that an apply would freeze. */
  readonly plan: Plan
  readonly frozen: boolean
  /** Undefined when the control plane is not installed. */
  readonly state: ConversionState | undefined
}

/**
 * Reads the state of a database and its plan. A frozen plan is taken as it is: made anew it would describe the
 * half-converted schema, and its inverses would not lead back to the original.
 *
 * @param assumed - What the plan takes the login to be able to, whatever it is.
 * @throws TenancyError what `planConversion` throws, and `PLAN_UNKNOWN`.
 *
 * @example
 * ```ts
 * const { plan, frozen } = await readConversion(session, config)
 * frozen // false
 * ```
 */
export async function readConversion(
  session: Session,
  config: ResolvedConfig,
  assumed: Partial<Pick<Login, 'createRole'>> = {},
): Promise<Conversion> {
  const state = await new Journal(session, config.controlSchema).read()
  if (state?.plan !== undefined) return { plan: state.plan, frozen: true, state }
  const found = await readHostCatalog(session, config)
  const catalog = { ...found, login: { ...found.login, ...assumed } }
  const defaultOrganizationId = (await findDefaultOrganization(session, config.controlSchema)) ?? randomUUID()
  const plan = planConversion({ catalog, config, defaultOrganizationId })
  const hazards = [...plan.hazards, ...(await findFalseKeys(session, catalog))]
  return { plan: { ...plan, hazards }, frozen: false, state }
}

/**
 * What has come into a converted database since its plan was frozen; undefined when nothing has, and before there is a
 * frozen plan. An apply freezes the plan of the increment in place of the one before, and so makes it a part of all that
 * comes after, the rollback included.
 *
 * @throws TenancyError what `planConversion` throws.
 *
 * @example
 * ```ts
 * const conversion = await readConversion(session, config)
 * await readIncrement(session, conversion, config) // undefined
 * ```
 */
export async function readIncrement(
  session: Session,
  { plan, state }: Conversion,
  config: ResolvedConfig,
): Promise<Increment | undefined> {
  if (state?.plan === undefined) return undefined
  const catalog = await readHostCatalog(session, config)
  const increment = planIncrement({ catalog, config, frozen: plan, phase: state.phase })
  return increment.steps.length === 0 && increment.tables.length === 0 ? undefined : increment
}

/** The frozen conversion, what has come since, and both as one. */
export async function readWithIncrement(
  session: Session,
  config: ResolvedConfig,
): Promise<{
  readonly frozen: Conversion
  readonly increment: Increment | undefined
  readonly conversion: Conversion
}> {
  const frozen = await readConversion(session, config)
  const increment = await readIncrement(session, frozen, config)
  return { frozen, increment, conversion: { ...frozen, plan: increment?.plan ?? frozen.plan } }
}

/** The catalog of the schemas that are converted. */
export function readHostCatalog(session: Session, config: ResolvedConfig): Promise<Catalog> {
  return readCatalog(session, {
    controlSchema: config.controlSchema,
    ...(config.schemas === undefined ? {} : { schemas: config.schemas }),
  })
}

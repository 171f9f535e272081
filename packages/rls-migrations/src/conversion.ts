import { randomUUID } from 'node:crypto'
import { findDefaultOrganization, Journal, type ConversionState } from './apply/journal.ts'
import { readCatalog } from './catalog/read-catalog.ts'
import type { ResolvedConfig } from './config/resolve-config.ts'
import type { Session } from './database/session.ts'
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
 * @throws TenancyError what `planConversion` throws, and `PLAN_UNKNOWN`.
 */
export async function readConversion(session: Session, config: ResolvedConfig): Promise<Conversion> {
  const state = await new Journal(session, config.controlSchema).read()
  if (state?.plan !== undefined) return { plan: state.plan, frozen: true, state }
  const catalog = await readCatalog(session, {
    controlSchema: config.controlSchema,
    ...(config.schemas === undefined ? {} : { schemas: config.schemas }),
  })
  const defaultOrganizationId = (await findDefaultOrganization(session, config.controlSchema)) ?? randomUUID()
  return { plan: planConversion({ catalog, config, defaultOrganizationId }), frozen: false, state }
}

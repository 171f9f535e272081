import type { Session } from '../database/session.ts'
import type { Hazard, Plan } from '../plan/plan.ts'
import { capabilityHazards, readCapabilities, type Capabilities } from './capabilities.ts'
import { leakyIndexHazards } from './leaky-indexes.ts'
import { liveHazards } from './live-hazards.ts'
import { readStatements } from './read-statements.ts'
import { statementHazards } from './statement-hazards.ts'

export interface Inspection {
  readonly capabilities: Capabilities
  readonly hazards: readonly Hazard[]
}

/** How many statements are looked at: more than a service has kinds of. */
const STATEMENTS = 5000

/**
 * Looks at the database as it lives: what the login may do, which statements it was sent, which indexes a policy takes out
 * of use, who reads beside the service. Never part of a plan, which is the same for the same catalog. Changes nothing.
 */
export async function inspectHost(session: Session, plan: Plan): Promise<Inspection> {
  const capabilities = await readCapabilities(session)
  const statements = await readStatements(session, STATEMENTS)
  return {
    capabilities,
    hazards: unique([
      ...capabilityHazards(capabilities, plan),
      ...(await leakyIndexHazards(session, plan)),
      ...statementHazards(statements ?? [], plan),
      ...(await liveHazards(session, plan)),
    ]),
  }
}

/** The costliest statement of a kind speaks for the others. */
function unique(hazards: readonly Hazard[]): readonly Hazard[] {
  const seen = new Set<string>()
  return hazards.filter(({ id, object, message }) => {
    const key = id === 'capability' || id === 'leaky-index' ? message + object : `${id} ${object}`
    return seen.has(key) ? false : seen.add(key)
  })
}

import { TenancyError } from '@partywall/tenancy-core'
import type { Hazard } from '../plan/plan.ts'

/**
 * Stops before the first step when a part of the service would not survive the conversion, until somebody says that it
 * is known.
 *
 * @throws TenancyError `HAZARD_BLOCKING` with each hazard.
 */
export function refuseBlockingHazards(hazards: readonly Hazard[], accepted: boolean): void {
  if (accepted) return
  const blocking = hazards.filter((hazard) => hazard.severity === 'blocking')
  if (blocking.length === 0) return
  const lines = blocking.map((hazard) => `  ${hazard.object}: ${hazard.message}`)
  throw new TenancyError(
    'HAZARD_BLOCKING',
    `Nothing was changed, because this would not work any more:\n${lines.join('\n')}\nChange it, or pass --accept-hazards.`,
    { details: { hazards: blocking } },
  )
}

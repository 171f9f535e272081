import { TenancyError } from '@partywall/tenancy-core'
import type { Conversion } from '../conversion.ts'

/**
 * Stops before the first step when a part of the service would not survive the conversion, until somebody says that it
 * is known.
 *
 * @throws TenancyError `HAZARD_BLOCKING` with each hazard.
 */
export function refuseBlockingHazards({ plan, frozen }: Conversion, accepted: boolean): void {
  // A frozen plan was accepted when it was frozen.
  if (frozen || accepted) return
  const blocking = plan.hazards.filter((hazard) => hazard.severity === 'blocking')
  if (blocking.length === 0) return
  const lines = blocking.map((hazard) => `  ${hazard.object}: ${hazard.message}`)
  throw new TenancyError(
    'HAZARD_BLOCKING',
    `Nothing was changed, because this would not work any more:\n${lines.join('\n')}\nChange it, or pass --accept-hazards.`,
    { details: { hazards: blocking } },
  )
}

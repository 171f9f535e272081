/** Plans the database of `DATABASE_URL` and sends what it cost to the process that started this one. */
import { openSession, readConversion, resolveConfig } from '@partywall/rls-migrations'

const startedAt = performance.now()
await using session = await openSession({ url: process.env['DATABASE_URL'] ?? '', applicationName: 'plan-bench' })
const { plan } = await readConversion(session, resolveConfig({}))
process.send?.({
  planMs: Math.round(performance.now() - startedAt),
  // Kibibytes, on every system.
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  steps: plan.steps.length,
  hazards: plan.hazards.length,
})

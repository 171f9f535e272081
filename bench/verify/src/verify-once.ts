/** Verifies the database of DATABASE_URL and tells what it cost, in a process whose peak of memory is that of the proof. */
import { openSession, readConversion, resolveConfig, verifyDatabase } from '@partywall/rls-migrations'

await using session = await openSession({ url: process.env['DATABASE_URL'] ?? '', applicationName: 'bench' })
const { plan } = await readConversion(session, resolveConfig({}))
const report = await verifyDatabase({ session, plan, phase: 'contract', appUrl: process.env['PARTYWALL_APP_URL'] })
process.send?.({
  ok: report.ok,
  seconds: Math.round(report.durationMs / 100) / 10,
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  proved: report.tables.proved,
  staticOnly: report.tables.staticOnly,
  surfaces: report.surfaces.compared,
  attacks: report.probes.run,
  blocked: report.probes.blocked,
})

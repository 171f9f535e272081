import { TenancyError } from '@partywall/tenancy-core'
import { readConversion } from '../../conversion.ts'
import { openSession } from '../../database/session.ts'
import { verifyDatabase } from '../../verify/verify-database.ts'
import type { Command } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { verifyText } from '../report-verify.ts'

export const verifyCommand: Command = {
  name: 'verify',
  summary:
    'attack the database as two organizations, and exit with 4 when anything crosses; rolled back, safe on live data',
  run: async (context) => {
    const config = await context.config()
    const url = context.databaseUrl()
    await using session = await openSession({ url, applicationName: 'partywall verify' })
    const { plan, state } = await readConversion(session, config)
    if (state?.plan === undefined || state.phase === 'install') {
      throw new TenancyError(
        'NOT_CONVERTED',
        'This database is not converted: there is nothing to prove. Run: partywall apply',
      )
    }
    const appUrl = context.appUrl()
    const report = await verifyDatabase({
      session,
      plan,
      phase: state.phase,
      ...(appUrl === undefined ? {} : { appUrl }),
    })
    return { exitCode: report.ok ? exitCode.ok : exitCode.finding, document: { ...report }, text: verifyText(report) }
  },
}

import { acquireRunnerLock, runnerName } from '../../apply/runner-lock.ts'
import { readConversion } from '../../conversion.ts'
import { openSession } from '../../database/session.ts'
import { rollbackPlan, type RollbackResult } from '../../rollback/rollback-plan.ts'
import type { Command } from '../command.ts'
import { confirm } from '../confirm.ts'
import { exitCode } from '../exit-code.ts'
import { leftText } from '../left-text.ts'
import { showProgress } from '../live-progress.ts'
import { usageError } from '../parse-arguments.ts'

export const rollbackCommand: Command = {
  name: 'rollback',
  summary: 'undo the conversion, down to a phase or wholly; refuses when rows of two organizations would collide',
  options: {
    to: { type: 'string', value: 'phase', summary: 'none (default: the schema as it was), expand or contract' },
  },
  run: async (context) => {
    const to = context.options['to'] ?? 'none'
    if (to !== 'none' && to !== 'expand' && to !== 'contract')
      throw usageError(`--to takes none, expand or contract, not ${JSON.stringify(to)}.`)
    const url = context.databaseUrl()
    const config = await context.config()
    await using lock = await acquireRunnerLock(url)
    await using session = await openSession({ url, applicationName: runnerName })
    const { plan } = await readConversion(session, config)
    await confirm(
      context,
      to === 'none'
        ? 'Undo the whole conversion, organizations and memberships included?'
        : `Undo the conversion down to ${to}?`,
    )
    const result = await rollbackPlan({ session, plan, to, watcher: lock.session, onProgress: showProgress(context) })
    return {
      exitCode: exitCode.ok,
      document: {
        ...result,
        durationMs: Math.round(result.durationMs),
        longestBlockMs: Math.round(result.longestBlockMs * 10) / 10,
      },
      text: `${leftText(result.left)}${outcome(result)}\n`,
    }
  },
}

function outcome({ phase, undone, durationMs, longestBlockMs }: RollbackResult): string {
  if (undone === 0 && phase === 'none') return 'This database is not converted: there is nothing to undo.'
  const where = phase === 'none' ? 'The schema is as it was' : `The conversion is at ${phase}`
  return `${where}, after ${Math.round(durationMs)} ms. The longest that a step kept others waiting was ${Math.round(longestBlockMs)} ms.`
}

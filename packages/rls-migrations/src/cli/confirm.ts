import { TenancyError } from '@partywall/tenancy-core'
import type { CommandContext } from './command.ts'
import { usageError } from './parse-arguments.ts'

/**
 * Asks before something that changes what running code may do.
 *
 * @throws TenancyError `USAGE` when nobody is there to ask and `--yes` was not given; `DECLINED` when the answer is no.
 */
export async function confirm({ io, yes, json }: CommandContext, question: string): Promise<void> {
  if (yes) return
  if (!io.isInteractive || json) throw usageError(`${question}\nNobody is here to answer: pass --yes.`)
  const answer = await io.ask(`${question} [y/N] `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new TenancyError('DECLINED', 'Nothing was changed.')
}

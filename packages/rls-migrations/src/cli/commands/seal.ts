import { TenancyError, writeSealKey } from '@partywall/tenancy-core'
import { acquireRunnerLock, runnerName } from '../../apply/runner-lock.ts'
import { readConversion } from '../../conversion.ts'
import { openSession, type OpenSession } from '../../database/session.ts'
import type { Plan, SealMode } from '../../plan/plan.ts'
import { findSettingReaders } from '../../seal/find-setting-readers.ts'
import { readSealKeys, rotateSealKey } from '../../seal/seal-key-store.ts'
import { sealModeOf, switchSeal } from '../../seal/switch-seal.ts'
import type { Command, CommandContext, CommandResult } from '../command.ts'
import { confirm } from '../confirm.ts'
import { exitCode } from '../exit-code.ts'
import { usageError } from '../parse-arguments.ts'

const hourMs = 3_600_000
const defaultOverlapHours = 168
const maxOverlapHours = 8760

const sealAcceptCommand: Command = {
  name: 'seal accept',
  summary: 'let the policies take signed tokens as well as bare ids: the first step to a sealed context, and back',
  run: (context) => switchTo(context, 'accept'),
}

const sealRequireCommand: Command = {
  name: 'seal require',
  summary: 'refuse bare ids; when every instance of the service signs',
  run: (context) =>
    switchTo(
      context,
      'require',
      'From now on bare ids are refused. Does every instance of the service sign its tenants?',
    ),
}

const sealOffCommand: Command = {
  name: 'seal off',
  summary: 'take bare ids only, and forget the keys; when no instance of the service signs',
  run: (context) =>
    switchTo(
      context,
      'off',
      'From now on tokens are refused, and the keys are gone. Does no instance of the service sign?',
    ),
}

const sealRotateCommand: Command = {
  name: 'seal rotate',
  summary: 'make a key for the service, tell it once, and let the keys before it retire',
  options: {
    'overlap-hours': {
      type: 'string',
      value: 'n',
      summary: `for how long the keys before it are accepted (default ${defaultOverlapHours}; 0 when one is known to others)`,
    },
  },
  run: async (context) => {
    const overlapHours = overlapOf(context.options['overlap-hours'])
    return await withConversion(context, async ({ session, plan }) => {
      if (plan.settings.seal === undefined) {
        throw new TenancyError(
          'SEAL_OFF',
          'The context of this database is a bare id: no key is asked for. Run first: partywall seal accept',
        )
      }
      const key = await rotateSealKey(session, plan.settings, { overlapMs: overlapHours * hourMs })
      const retiring = (await readSealKeys(session, plan.settings)).filter(({ id }) => id !== key.id)
      const text = writeSealKey(key)
      return {
        exitCode: exitCode.ok,
        document: { key: text, id: key.id, retiring },
        text: `${text}\n\nGive it to every instance of the service, as a secret that is told nowhere else: createTenancy({ seal: { key } })\n${retiring.map(({ id, retiresAt }) => `The key ${id} is accepted until ${retiresAt}.\n`).join('')}`,
      }
    })
  },
}

/** What the context takes, and its keys. */
export const sealCommands: readonly Command[] = [
  sealAcceptCommand,
  sealRotateCommand,
  sealRequireCommand,
  sealOffCommand,
]

const nextWords: Readonly<Record<SealMode | 'off', string>> = {
  off: 'The policies take bare ids.',
  accept:
    'The policies take tokens and bare ids. To go on: partywall seal rotate, give the key to the service, then partywall seal require. To go back: take the key from the service, then partywall seal off',
  require: 'The policies take tokens only. Next: partywall verify',
}

async function switchTo(context: CommandContext, to: SealMode | 'off', question?: string): Promise<CommandResult> {
  return await withConversion(context, async ({ session, plan }) => {
    const from = sealModeOf(plan)
    if (question !== undefined && from === 'accept') await confirm(context, question)
    if (from !== to) await switchSeal({ session, plan, to })
    const readers = to === 'off' ? [] : await findSettingReaders(session, plan.settings)
    return {
      exitCode: exitCode.ok,
      document: { from, to, readers },
      text: `${nextWords[to]}\n${readersText(plan, readers)}`,
    }
  })
}

/** Code of the host that a token breaks. */
function readersText({ settings }: Plan, readers: readonly string[]): string {
  if (readers.length === 0) return ''
  const lines = readers.map((reader) => `  ${reader}\n`).join('')
  return `These read the setting ${settings.setting} by themselves, where a token will be. Let them call ${settings.controlSchema}.current_tenant_id():\n${lines}`
}

async function withConversion(
  context: CommandContext,
  work: (database: { session: OpenSession; plan: Plan }) => Promise<CommandResult>,
): Promise<CommandResult> {
  const url = context.databaseUrl()
  const config = await context.config()
  await using _lock = await acquireRunnerLock(url)
  await using session = await openSession({ url, applicationName: runnerName })
  const { plan, frozen } = await readConversion(session, config)
  if (frozen) return await work({ session, plan })
  throw new TenancyError(
    'NOT_CONVERTED',
    'This database is not converted yet. For a context that is sealed from the start, put "seal: true" into the configuration, then: partywall apply',
  )
}

function overlapOf(given: string | boolean | undefined): number {
  if (given === undefined) return defaultOverlapHours
  const hours = Number(given)
  if (typeof given === 'string' && /^\d+$/.test(given) && hours <= maxOverlapHours) return hours
  throw usageError(`--overlap-hours takes a whole number from 0 to ${maxOverlapHours}, not ${JSON.stringify(given)}.`)
}

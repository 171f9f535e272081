import { TenancyError } from '@partywall/tenancy-core'
import { readConversion, type Conversion } from '../../conversion.ts'
import { openSession, type OpenSession } from '../../database/session.ts'
import { cloneDatabase } from '../../verify/mutations/clone-database.ts'
import { mutateDatabase } from '../../verify/mutations/mutate-database.ts'
import { verifyDatabase } from '../../verify/verify-database.ts'
import type { MutationsReport, VerifyReport } from '../../verify/verify-report.ts'
import type { Command, CommandContext } from '../command.ts'
import { emitSuite, suiteFolder } from '../emit-suite.ts'
import { exitCode } from '../exit-code.ts'
import { usageError } from '../parse-arguments.ts'
import { reportTarget } from '../report-target.ts'
import { verifyText } from '../report-verify.ts'

export const verifyCommand: Command = {
  name: 'verify',
  summary:
    'attack the database as two organizations, and exit with 4 when anything crosses; rolled back, safe on live data',
  options: {
    mutate: {
      type: 'boolean',
      summary:
        'then sabotage every table of a clone of the schema in turn, and exit with 4 when a sabotage goes unnoticed',
    },
    'in-place': {
      type: 'boolean',
      summary: 'with --mutate: in the database itself, rolled back each time, with locks that stop everybody meanwhile',
    },
    'control-plane': {
      type: 'boolean',
      summary: 'with --mutate: sabotage the tables of the control plane as well, which are the same in every database',
    },
    emit: {
      type: 'string',
      value: 'vitest',
      summary: 'attack nothing, and write a suite for the tests of the service: one test for each table',
    },
    out: { type: 'string', value: 'folder', summary: 'where --emit writes' },
    report: {
      type: 'string',
      value: 'folder',
      summary: 'write a dated report into the folder: a page for people, a document for programs',
    },
    'signing-key': {
      type: 'string',
      value: 'file',
      summary: 'with --report: sign it with this key (or PARTYWALL_REPORT_KEY, the key itself); see report keygen',
    },
  },
  run: async (context) => {
    refuseWithoutMutate(context)
    const suite = suiteFolder(context)
    // A key that cannot be used is found before minutes of work.
    const target = await reportTarget(context)
    const config = await context.config()
    await using session = await openSession({ url: context.databaseUrl(), applicationName: 'partywall verify' })
    const { plan, state } = await readConversion(session, config)
    if (state?.plan === undefined || state.phase === 'install') {
      throw new TenancyError(
        'NOT_CONVERTED',
        'This database is not converted: there is nothing to prove. Run: partywall apply',
      )
    }
    if (suite !== undefined) return await emitSuite(suite, plan)
    const proof = await verifyDatabase({ session, plan, phase: state.phase, appUrl: context.appUrl() })
    const mutations = await mutationsOf(context, session, { plan, phase: state.phase, proof })
    const report = { ...proof, mutations }
    const ok = report.ok && mutations.survivors.length === 0
    const files = await target?.write({ session, plan, planHash: state.planHash ?? '', proof: report })
    return {
      exitCode: ok ? exitCode.ok : exitCode.finding,
      document: files === undefined ? { ...report } : { ...report, reportFiles: files },
      text: verifyText(report) + (files ?? []).map((file) => `Report: ${file}\n`).join(''),
    }
  },
}

/** @throws {TenancyError} `USAGE` for an option of --mutate without it. */
function refuseWithoutMutate({ options }: CommandContext): void {
  if (options['mutate'] === true) return
  if (options['in-place'] === true)
    throw usageError('--in-place says where --mutate works, and does nothing without it.\nSee: partywall verify --help')
  if (options['control-plane'] === true)
    throw usageError(
      '--control-plane says what --mutate sabotages, and does nothing without it.\nSee: partywall verify --help',
    )
}

/** Of a wall that stands only: what is found without any sabotage would count for each. */
async function mutationsOf(
  context: CommandContext,
  session: OpenSession,
  { proof, ...target }: Parameters<typeof mutate>[2] & { readonly proof: VerifyReport },
): Promise<MutationsReport> {
  const isWanted = context.options['mutate'] === true && proof.ok
  return isWanted ? await mutate(context, session, target) : proof.mutations
}

/** How often a long run tells how far it is. */
const EVERY = 100

async function mutate(
  context: CommandContext,
  session: OpenSession,
  { plan, phase }: Pick<Conversion, 'plan'> & { phase: Parameters<typeof mutateDatabase>[0]['phase'] },
): Promise<MutationsReport> {
  const { io, ports } = context
  const onProgress = ({ done, total }: { done: number; total: number }): void => {
    if (done % EVERY === 0 || done === total) io.writeError(`${done} of ${total} sabotages\n`)
  }
  const scope = context.options['control-plane'] === true ? 'all' : 'host'
  if (context.options['in-place'] === true) return await mutateDatabase({ session, plan, phase, scope, onProgress })
  await using throwaway = await ports.startThrowawayDatabase()
  await using clone = await cloneDatabase({ session, url: context.databaseUrl(), plan, phase, throwaway })
  return await mutateDatabase({ session: clone, plan, phase, scope, onProgress })
}

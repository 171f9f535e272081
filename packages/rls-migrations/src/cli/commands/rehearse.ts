import { resolve } from 'node:path'
import { rehearse } from '../../rehearse/rehearse.ts'
import type { Command, CommandContext } from '../command.ts'
import { exitCode } from '../exit-code.ts'
import { showProgress } from '../live-progress.ts'
import { rehearseText } from '../report-rehearse.ts'
import { planDocument } from '../report-plan.ts'
import { usageError } from '../parse-arguments.ts'
import { dumpDatabase } from '../../rehearse/dump-database.ts'

export const rehearseCommand: Command = {
  name: 'rehearse',
  summary: 'convert and prove a copy on a throwaway PostgreSQL, and report',
  usage: '<dump.sql | url>',
  run: async (context) => {
    const [source, ...rest] = context.positionals
    if (source === undefined || rest.length > 0)
      throw usageError(
        'rehearse takes one dump (plain SQL, .gz allowed) or one connection string.\nSee: partywall rehearse --help',
      )
    const config = await context.config()
    await using dump = await sourceOf(context, source)
    await using database = await context.ports.startThrowawayDatabase()
    const report = await rehearse({
      source: { path: dump.path },
      config,
      database,
      onProgress: showProgress(context),
      onStage: (stage) => context.io.writeError(`${stageWords[stage]}\n`),
    })
    const ok = report.verify.ok && report.rows.sameContent && report.rollback.sameSchema
    return {
      exitCode: ok ? exitCode.ok : exitCode.finding,
      document: {
        ok,
        load: report.load,
        plan: planDocument(report.plan),
        apply: {
          ...report.apply,
          durationMs: Math.round(report.apply.durationMs),
          longestBlockMs: Math.round(report.apply.longestBlockMs * 10) / 10,
        },
        verify: report.verify,
        rows: report.rows,
        rollback: report.rollback,
      },
      text: rehearseText(report, source),
    }
  },
}

const stageWords = {
  load: 'Loading the dump',
  plan: 'Planning',
  apply: 'Converting',
  verify: 'Attacking',
  rollback: 'Rolling back',
} as const

async function sourceOf({ io }: CommandContext, source: string): Promise<{ path: string } & AsyncDisposable> {
  if (/^postgres(ql)?:\/\//.test(source)) return dumpDatabase(source)
  return { path: resolve(io.cwd, source), [Symbol.asyncDispose]: () => Promise.resolve() }
}

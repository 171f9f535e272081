import { join, resolve } from 'node:path'
import type { Plan } from '../plan/plan.ts'
import { vitestSuite } from '../emit/vitest-suite.ts'
import { writeFiles } from '../emit/write-files.ts'
import type { CommandContext, CommandResult } from './command.ts'
import { exitCode } from './exit-code.ts'
import { usageError } from './parse-arguments.ts'

/**
 * The folder for the suite; undefined when none was asked for.
 *
 * @throws TenancyError `USAGE`
 */
export function suiteFolder({ options, io }: CommandContext): string | undefined {
  const { emit, out } = options
  if (emit === undefined && out === undefined) return undefined
  if (emit !== 'vitest') throw usageError('--emit takes vitest.\nSee: partywall verify --help')
  if (typeof out !== 'string') throw usageError('--emit needs a folder: --out <folder>.\nSee: partywall verify --help')
  return resolve(io.cwd, out)
}

/** @throws TenancyError `EMIT_TARGET_EXISTS` */
export async function emitSuite(folder: string, plan: Plan): Promise<CommandResult> {
  const suite = vitestSuite(plan)
  await writeFiles(folder, [suite])
  const file = join(folder, suite.path)
  return {
    exitCode: exitCode.ok,
    document: { file, tables: plan.tables.tenant.length },
    text: `Wrote ${file}: ${plan.tables.tenant.length} tests, one for each table. Commit it, and set PARTYWALL_APP_URL where it runs.\n`,
  }
}

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TenancyError } from '@partywall/tenancy-core'
import { pendingSteps } from '../apply/pending-steps.ts'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { readConversion, readHostCatalog, readIncrement, type Conversion } from '../conversion.ts'
import type { Session } from '../database/session.ts'
import { migrationFiles } from '../emit/migration-files.ts'
import { ormChanges } from '../emit/orm-changes.ts'
import { patchPrismaSchema } from '../emit/patch-prisma-schema.ts'
import { knexFiles, prismaFiles, sqlFiles, type EmitFormat, type EmittedFile } from '../emit/render-files.ts'
import { writeFiles } from '../emit/write-files.ts'
import { planWithContext } from '../plan/plan-conversion.ts'
import { hasReached, type Phase, type Step } from '../plan/step.ts'
import type { CommandContext, CommandResult } from './command.ts'
import { exitCode } from './exit-code.ts'
import { usageError } from './parse-arguments.ts'

interface EmitOptions {
  readonly format: EmitFormat
  readonly folder: string
  readonly to: Phase
  /** Where the schema of Prisma is. */
  readonly schema: string
}

/** Writes what an apply would do as files for review, instead of doing it. */
export async function emitPlan(
  context: CommandContext,
  session: Session,
  config: ResolvedConfig,
): Promise<CommandResult> {
  const options = emitOptions(context)
  const conversion = await readForDba(session, config)
  const steps = await emittedSteps(session, conversion, options)
  const files = migrationFiles({ plan: conversion.plan, steps, frozen: conversion.known })
  const schema =
    options.format === 'prisma'
      ? await patchedSchema(context, session, { config, conversion, schema: options.schema })
      : undefined
  const emitted = [...render(files, options.format), ...(schema?.files ?? [])]
  await writeFiles(options.folder, emitted)
  const notes = schema?.notes ?? []
  return {
    exitCode: exitCode.ok,
    document: {
      format: options.format,
      to: options.to,
      folder: options.folder,
      files: emitted.map(({ path }) => path),
      notes,
    },
    text: emitText(emitted, options, notes),
  }
}

function emitOptions({ options, io }: CommandContext): EmitOptions {
  const { emit, out, to = 'expand', schema = 'prisma/schema.prisma' } = options
  if (emit !== 'sql' && emit !== 'prisma' && emit !== 'knex')
    throw usageError(`--emit takes sql, prisma or knex, not ${JSON.stringify(emit)}.`)
  if (typeof out !== 'string') throw usageError('--emit needs a folder: --out <folder>.')
  if (to !== 'expand' && to !== 'contract' && to !== 'enforce')
    throw usageError(`--to takes expand, contract or enforce, not ${JSON.stringify(to)}.`)
  return { format: emit, folder: resolve(io.cwd, out), to, schema: resolve(io.cwd, String(schema)) }
}

interface EmittedConversion extends Conversion {
  /** Whether the database has this very plan already. */
  readonly known: boolean
}

/** The roles come from a DBA, whose script stands apart: the owner cannot administer what it did not create. */
async function readForDba(session: Session, config: ResolvedConfig): Promise<EmittedConversion> {
  const conversion = await readConversion(session, config, { createRole: false })
  const increment = await readIncrement(session, conversion, config)
  return {
    ...conversion,
    plan: increment?.plan ?? conversion.plan,
    known: conversion.frozen && increment === undefined,
  }
}

async function emittedSteps(
  session: Session,
  conversion: EmittedConversion,
  { format, to }: EmitOptions,
): Promise<readonly Step[]> {
  // What holds already, as USAGE of a schema that is open to all, is left alone, as apply leaves it.
  const open = await pendingSteps(session, conversion)
  const reached = conversion.state?.plan === undefined ? 'install' : conversion.state.phase
  if (format !== 'sql' && hasReached(to, 'contract') && !hasReached(reached, 'expand')) {
    throw new TenancyError(
      'EMIT_IMPOSSIBLE',
      `${format} runs all migrations at once, and between expand and contract the service must be cut over. Emit up to expand, deploy, then emit the rest.`,
      { details: { format, to } },
    )
  }
  const goal = hasReached(reached, to) ? reached : to
  return open.filter((step) => hasReached(goal, step.phase))
}

function render(files: Parameters<typeof sqlFiles>[0], format: EmitFormat): readonly EmittedFile[] {
  const timestamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)
  if (format === 'sql') return sqlFiles(files)
  return format === 'prisma' ? prismaFiles(files, timestamp) : knexFiles(files, timestamp)
}

interface SchemaInput {
  readonly config: ResolvedConfig
  readonly conversion: Conversion
  readonly schema: string
}

async function patchedSchema(
  context: CommandContext,
  session: Session,
  { config, conversion, schema }: SchemaInput,
): Promise<{ readonly files: readonly EmittedFile[]; readonly notes: readonly string[] } | undefined> {
  if (!existsSync(schema)) {
    if (context.options['schema'] === undefined) return undefined
    throw usageError(`--schema: there is no file ${schema}.`)
  }
  const catalog = await readHostCatalog(session, config)
  const { plan: frozen } = conversion.state ?? {}
  const defaultOrganizationId = conversion.plan.settings.defaultOrganization?.id ?? ''
  const input = { catalog, config, defaultOrganizationId, ...(frozen === undefined ? {} : { frozen }) }
  const { plan, context: planned } = planWithContext(input)
  const { text, notes } = patchPrismaSchema(await readFile(schema, 'utf8'), ormChanges(planned), plan.settings)
  return { files: [{ path: join('prisma', 'schema.prisma.partywall'), text }], notes }
}

function emitText(files: readonly EmittedFile[], { folder, format }: EmitOptions, notes: readonly string[]): string {
  const dba = files.filter(({ path }) => path.includes('dba/'))
  return [
    `Wrote ${files.length} files to ${folder}.`,
    ...(dba.length === 0
      ? []
      : ['For a DBA, before the others of their phase:', ...dba.map(({ path }) => `  ${path}`)]),
    ...(format === 'prisma' && files.some(({ path }) => path.endsWith('.partywall'))
      ? ['The schema of Prisma as it is from contract on: prisma/schema.prisma.partywall. Use it from the cut-over on.']
      : []),
    ...notes.map((note) => `  ${note}`),
    '',
  ].join('\n')
}

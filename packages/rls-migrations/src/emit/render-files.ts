import { phases, type Phase } from '../plan/step.ts'
import type { MigrationFile } from './migration-files.ts'

export interface EmittedFile {
  /** Relative to the folder that the caller names. */
  readonly path: string
  readonly text: string
}

/** Who runs the files. */
export type EmitFormat = 'sql' | 'prisma' | 'knex'

/** The milliseconds after which a statement gives up its lock, so that nobody queues behind it for longer. */
const LOCK_TIMEOUT_MS = 200

/** What every transaction starts with: policies in the way are errors, and names mean what they meant to the planner. */
const settings = [
  `set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`,
  'set local row_security = off',
  'set local search_path = pg_catalog',
]

/** Plain SQL for psql: a folder for each phase, and what a DBA runs before it. */
export function sqlFiles(files: readonly MigrationFile[]): readonly EmittedFile[] {
  return [
    ...dbaFiles(files),
    ...phases.flatMap((phase) =>
      ownFiles(files, phase).map((file, at) => ({
        path: `${folderOf(phase)}/${number(at)}_${file.name}.sql`,
        text: psqlText(file),
      })),
    ),
  ]
}

/**
 * Prisma sends each migration as one message, which is one transaction: a file that had BEGIN in it would leave a broken
 * one behind when it fails. CREATE INDEX CONCURRENTLY must be alone in its file.
 */
export function prismaFiles(files: readonly MigrationFile[], timestamp: string): readonly EmittedFile[] {
  const own = files.filter((file) => !file.dba)
  return [
    ...dbaFiles(files, 'partywall/'),
    ...own.map((file, at) => ({
      path: `prisma/migrations/${timestamp}_partywall_${number(at)}_${file.name}/migration.sql`,
      text:
        file.mode === 'concurrent'
          ? `${header(file)}${aloneHint(file)}${terminated(file.statements)}`
          : `${header(file)}${terminated([...settings, ...file.statements])}`,
    })),
  ]
}

/** Knex, as ECMAScript modules, which it loads whatever the package is. */
export function knexFiles(files: readonly MigrationFile[], timestamp: string): readonly EmittedFile[] {
  const own = files.filter((file) => !file.dba)
  return [
    ...dbaFiles(files, 'partywall/'),
    ...own.map((file, at) => ({
      path: `migrations/${timestamp}_partywall_${number(at)}_${file.name}.mjs`,
      text: knexText(file),
    })),
  ]
}

function dbaFiles(files: readonly MigrationFile[], folder = ''): readonly EmittedFile[] {
  return files
    .filter((file) => file.dba)
    .map((file) => ({
      path: `${folder}dba/${folderOf(file.phase)}.sql`,
      text: `-- For a DBA, before the other files of ${file.phase}.\n${header(file)}${terminated(['begin', ...file.statements, 'commit'])}`,
    }))
}

function ownFiles(files: readonly MigrationFile[], phase: Phase): readonly MigrationFile[] {
  return files.filter((file) => file.phase === phase && !file.dba)
}

function psqlText(file: MigrationFile): string {
  if (file.mode === 'transaction')
    return `${header(file)}${terminated(['begin', ...settings, ...file.statements, 'commit'])}`
  // A build waits for every older transaction: with a short lock_timeout it would leave an invalid index each time.
  return `${header(file)}${terminated(['set lock_timeout = 0', ...leftovers(file), ...file.statements, 'reset lock_timeout'])}`
}

function knexText(file: MigrationFile): string {
  const isConcurrent = file.mode === 'concurrent'
  const statements = isConcurrent
    ? ['set lock_timeout = 0', ...leftovers(file), ...file.statements, 'reset lock_timeout']
    : // Knex goes on in the same transaction, to its own table.
      [...settings, ...file.statements, 'set local search_path to default']
  return `${comment(file, '//')}${isConcurrent ? 'export const config = { transaction: false }\n\n' : ''}const statements = [
${statements.map((statement) => `  ${template(statement)},\n`).join('')}]

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  // On the connection itself: knex.raw would take question marks in the statements for parameters.
  const connection = await knex.client.acquireConnection()
  try {
    for (const statement of statements) await connection.query(statement)
  } finally {
    await knex.client.releaseConnection(connection)
  }
}

export async function down() {
  throw new Error('Undo the conversion with: partywall rollback')
}
`
}

/** What a build that was cut off left behind. */
function leftovers({ index }: MigrationFile): readonly string[] {
  return index === undefined ? [] : [`drop index concurrently if exists ${index}`]
}

function aloneHint({ index }: MigrationFile): string {
  if (index === undefined) return ''
  return `-- Alone in its file, since Prisma sends a file as one transaction. When it fails, before another try:\n--   drop index concurrently if exists ${index};\n`
}

function header(file: MigrationFile): string {
  return comment(file, '--')
}

function comment({ comments }: MigrationFile, mark: string): string {
  const lines = comments.flatMap((one) => one.split('\n'))
  return `${lines.map((line) => `${mark} ${line}\n`).join('')}\n`
}

function terminated(statements: readonly string[]): string {
  return statements.map((statement) => `${statement.trimEnd().replace(/;$/, '')};\n`).join('')
}

function template(statement: string): string {
  return `\`${statement.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
}

function folderOf(phase: Phase): string {
  return `${phases.indexOf(phase) + 1}_${phase}`
}

function number(at: number): string {
  return String(at + 1).padStart(3, '0')
}

import type { Plan } from '../plan/plan.ts'
import { phases, type Phase, type Step } from '../plan/step.ts'
import { completeStatements, freezeStatement } from './journal-statements.ts'
import { cutIntoPieces, type Piece } from './pieces.ts'

/** One unit of work of a migration tool: statements that are one transaction, or a single one that must be in none. */
export interface MigrationFile {
  readonly phase: Phase
  readonly dba: boolean
  /** What it is called in a list of files, without number and ending: `album_tenant-column`. */
  readonly name: string
  /** For the reader: what it does, its lock, whether it scans or rewrites. */
  readonly comments: readonly string[]
  readonly mode: 'transaction' | 'concurrent'
  /** In concurrent mode the one index that is built or dropped, when one is built. */
  readonly index: string | undefined
  readonly statements: readonly string[]
}

export interface MigrationFilesInput {
  readonly plan: Plan
  /** The steps that are still to be made, in the order of the plan. */
  readonly steps: readonly Step[]
  /** Whether the database knows this very plan already. */
  readonly frozen: boolean
}

/**
 * The files of a conversion, in the order in which they run. They leave what the commands need in the journal: the plan
 * when it is new, and each phase once the catalog shows all of it.
 *
 * @throws TenancyError `EMIT_IMPOSSIBLE` when a step is no statement.
 */
export function migrationFiles({ plan, steps, frozen }: MigrationFilesInput): readonly MigrationFile[] {
  const pieces = cutIntoPieces(steps)
  const begun = phases.filter((phase) => phase === 'install' || pieces.some((piece) => piece.phase === phase))
  return begun.flatMap((phase) => {
    const own = pieces.filter((piece) => piece.phase === phase).map(pieceFile)
    const isFreezing = phase === 'install' && !frozen
    if (own.length === 0 && !isFreezing) return []
    return [...own, ...(isFreezing ? [freezeFile(plan)] : []), completeFile(plan, phase)]
  })
}

function pieceFile({ phase, dba, mode, steps }: Piece): MigrationFile {
  const [first] = steps
  const subject = first?.table ?? (first?.kind === 'migration' ? first.id.split('/').at(-1) : undefined)
  return {
    phase,
    dba,
    name: dba ? 'roles' : slug(subject === undefined ? (first?.kind ?? '') : `${subject}_${first?.kind ?? ''}`),
    comments: steps.map((step) => `${step.summary}\n${cost(step)}`),
    mode,
    index: first?.index,
    statements: steps.flatMap(statementsOf),
  }
}

/** What may hold without a grant, as USAGE of a schema that is open to all, is asked for first: the owner may not grant it. */
function statementsOf({ kind, table, privileged, statements, checks }: Step): readonly string[] {
  if (kind !== 'grant' || table !== null || privileged === true) return statements
  const holds = checks.map((check) => `coalesce((${check.sql}), false)`).join(' and ')
  return [
    `do $partywall$\nbegin\n  if not (${holds}) then\n${statements.map((statement) => `    ${statement};\n`).join('')}  end if;\nend\n$partywall$`,
  ]
}

function cost({ lock, scans, rewrites, table }: Step): string {
  const on = lock === 'none' ? 'none' : `${lock}${table === null ? '' : ` on ${table}`}`
  return `  lock: ${on}; scans: ${scans ? 'yes, while everybody works on' : 'no'}; rewrites: ${rewrites ? 'yes' : 'no'}`
}

function freezeFile(plan: Plan): MigrationFile {
  return {
    phase: 'install',
    dba: false,
    name: 'plan',
    comments: ['the plan, for partywall status, verify and rollback'],
    mode: 'transaction',
    index: undefined,
    statements: [freezeStatement(plan)],
  }
}

function completeFile({ settings }: Plan, phase: Phase): MigrationFile {
  return {
    phase,
    dba: false,
    name: `${phase}_complete`,
    comments: [`look whether everything of ${phase} is there, and record it`],
    mode: 'transaction',
    index: undefined,
    statements: completeStatements(settings, phase),
  }
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
    .slice(0, 60)
}

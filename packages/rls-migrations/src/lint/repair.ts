import type { Plan } from '../plan/plan.ts'
import type { Check, Step } from '../plan/step.ts'
import { quoteIdentifier } from '../sql/identifier.ts'

/** An object of the plan that is not as it should be, and the steps that make it, in their order. */
export interface BrokenObject {
  readonly table: string | null
  readonly check: Check
  readonly steps: readonly Step[]
}

/**
 * The statements that make the object again, after what stands in its place is gone. Empty where the catalog alone does not
 * tell what is missing: a column is not made again, its rows are.
 */
export function repair({ check, steps }: BrokenObject, plan: Plan): readonly string[] {
  return [...new Set(steps.flatMap((step) => repairStep(step, check.object, plan)))]
}

function repairStep(step: Step, object: string, plan: Plan): readonly string[] {
  if (step.mode !== 'transaction' && step.mode !== 'concurrent') return []
  const policy = /^policy (\w+) on (.*)/s.exec(object)
  if (policy !== null) return repairPolicy(step, policy[1] as string, relationOf(policy[2] as string))
  const switched = /^row-level security on (.*)/s.exec(object)?.[1]
  if (switched !== undefined) return parts(step).filter((one) => enables(one, relationOf(switched)))
  const routine = /^function (?:.*\.)?(\w+)\(/.exec(object)?.[1]
  if (routine !== undefined && step.kind === 'migration') return repairFunction(step, routine)
  // A column is not made again, its rows are; a role that is there has other attributes.
  if (step.kind === 'tenant-column' || step.kind === 'role') return []
  return step.statements.flatMap((statement) => withoutRemains(statement, plan))
}

const quoted = '"(?:[^"]|"")+"'

/** The statements of a step, those of a migration one by one; bodies of functions may be cut, which nobody looks for here. */
function parts({ kind, statements }: Step): readonly string[] {
  if (kind !== 'migration') return statements
  return statements.flatMap((text) => text.split(/;\s*\n/)).map((one) => one.replace(/^(?:\s|--.*\n)+/, '').trim())
}

/** The last part of a displayed name, quoted. */
function relationOf(display: string): string {
  return quoteIdentifier(display.slice(display.lastIndexOf('.') + 1))
}

function enables(statement: string, relation: string): boolean {
  const table = /^alter table (.*) enable row level security$/s.exec(statement)?.[1]
  return table !== undefined && (table.endsWith(relation) || table.endsWith(`.${relation.slice(1, -1)}`))
}

function repairPolicy(step: Step, policy: string, relation: string): readonly string[] {
  const create = parts(step).find(
    (statement) =>
      statement.startsWith(`create policy ${policy} on `) &&
      (step.kind !== 'migration' || statement.includes(`.${relation.slice(1, -1)}`)),
  )
  const table =
    create === undefined ? null : new RegExp(`^create policy ${policy} on (${quoted}\\.${quoted}|\\S+) `).exec(create)
  return create === undefined || table === null ? [] : [`drop policy if exists ${policy} on ${table[1]}`, create]
}

function repairFunction(step: Step, name: string): readonly string[] {
  const create = new RegExp(
    `create (?:or replace )?function "[^"]+"\\.${name}\\([^)]*\\)[\\s\\S]*?\\$function\\$[\\s\\S]*?\\$function\\$`,
  )
  return step.statements.flatMap((statement) => {
    const found = create.exec(statement)?.[0]
    return found === undefined ? [] : [found.replace(/^create function/, 'create or replace function')]
  })
}

const addConstraint = new RegExp(`^alter table (${quoted}\\.${quoted}) add constraint (${quoted})`)
const createIndex = new RegExp(`^create (?:unique )?index (concurrently )?(${quoted}) on (?:only )?(${quoted})\\.`)
const usingIndex = new RegExp(` using index (${quoted})`)

/** What has the name already is in the way of the one that is made; an index that a key was made of is gone with the key. */
function withoutRemains(statement: string, plan: Plan): readonly string[] {
  const constraint = addConstraint.exec(statement)
  const index = createIndex.exec(statement)
  if (index !== null) return [`drop index ${index[1] ?? ''}if exists ${index[3]}.${index[2]}`, statement]
  const built = usingIndex.exec(statement)?.[1]
  const build = built === undefined ? [] : buildOf(built, plan).flatMap((one) => withoutRemains(one, plan))
  return [
    ...build,
    ...(constraint === null ? [] : [`alter table ${constraint[1]} drop constraint if exists ${constraint[2]}`]),
    statement.replaceAll(/\bdrop constraint (?!if exists )/g, 'drop constraint if exists '),
  ]
}

function buildOf(index: string, { steps }: Plan): readonly string[] {
  const build = steps.flatMap((step) => step.statements).find((statement) => createIndex.exec(statement)?.[2] === index)
  return build === undefined ? [] : [build]
}

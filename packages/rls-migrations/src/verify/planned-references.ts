import type { SchemaGraph } from '../catalog/schema-graph.ts'
import type { Plan } from '../plan/plan.ts'
import { sameName, type QualifiedName } from '../sql/identifier.ts'

/** A foreign key between tenant tables, as the conversion made it. */
export interface PlannedReference {
  readonly constraint: string
  readonly table: QualifiedName
  readonly columns: readonly string[]
  readonly references: QualifiedName
  readonly referencedColumns: readonly string[]
  /** Whether the deletion of the parent reaches the child. */
  readonly cascades: boolean
}

/**
 * The composite foreign keys of a plan. They are read from its own statements and not from the catalog: a key that
 * somebody dropped must be attacked all the same, and the catalog knows nothing of it any more.
 */
export function plannedReferences(plan: Plan): readonly PlannedReference[] {
  return plan.steps
    .filter((step) => step.kind === 'composite-foreign-key')
    .flatMap((step) => step.statements.map(parseReference))
    .filter((reference) => reference !== undefined)
}

/** The references of one table; a partition has those of the tables above it. */
export function referencesOf(
  references: readonly PlannedReference[],
  table: QualifiedName,
  graph: SchemaGraph,
): readonly PlannedReference[] {
  const found = graph.table(table)
  const above = found?.kind === 'partition' ? found.parents[0] : undefined
  const own = references.filter((reference) => sameName(reference.table, table))
  if (above === undefined) return own
  const inherited = referencesOf(references, above, graph).map((reference) => ({ ...reference, table }))
  const isInherited = (one: PlannedReference): boolean =>
    inherited.some((other) => other.columns.join() === one.columns.join() && sameName(other.references, one.references))
  return [...inherited, ...own.filter((one) => !isInherited(one))]
}

const identifier = '"(?:[^"]|"")+"'
const qualified = `(${identifier})\\.(${identifier})`
const list = `\\((${identifier}(?:, ${identifier})*)\\)`
const addForeignKey = new RegExp(
  `^alter table ${qualified} add constraint (${identifier}) foreign key ${list} references ${qualified} ${list}(.*)$`,
)

function parseReference(statement: string): PlannedReference | undefined {
  const found = addForeignKey.exec(statement)
  if (found === null) return undefined
  const [
    ,
    schema = '',
    name = '',
    constraint = '',
    columns = '',
    parentSchema = '',
    parentName = '',
    parentColumns = '',
    rest = '',
  ] = found
  return {
    constraint: unquote(constraint),
    table: { schema: unquote(schema), name: unquote(name) },
    columns: unquoteList(columns),
    references: { schema: unquote(parentSchema), name: unquote(parentName) },
    referencedColumns: unquoteList(parentColumns),
    cascades: /on delete (cascade|set null|set default)/.test(rest),
  }
}

function unquote(text: string): string {
  return text.slice(1, -1).replaceAll('""', '"')
}

function unquoteList(text: string): string[] {
  return (text.match(new RegExp(identifier, 'g')) ?? []).map(unquote)
}

import { quoteName, sameName } from '../sql/identifier.ts'
import type { PlanSettings } from '../plan/plan.ts'
import type { ForeignKeyChange, OrmChange } from './orm-changes.ts'
import type { LineEdits } from './line-edits.ts'
import { isOf, prismaAction, tenantField } from './prisma-words.ts'
import { argumentOf, unquoted, type PrismaField, type PrismaModel } from './prisma-schema.ts'

export interface JoinsInput {
  readonly models: readonly PrismaModel[]
  readonly changes: readonly OrmChange[]
  readonly settings: PlanSettings
  readonly edits: LineEdits
}

/** One side of an implicit many-to-many relation. */
interface Side {
  readonly model: PrismaModel
  readonly field: PrismaField
  readonly key: ForeignKeyChange
}

/**
 * Implicit many-to-many relations join on keys of one column, which isolated tables no longer have: each becomes a model
 * of its join table. Returns what the code must follow.
 */
export function explicitJoins(input: JoinsInput): readonly string[] {
  const joins = input.changes.filter(
    (change) => change.table.name.startsWith('_') && !input.models.some((model) => isOf(model, change)),
  )
  return joins.flatMap((change) => {
    const sides = sidesOf(input, change)
    if (sides === undefined) return [`${quoteName(change.table)} was not found in the schema: write its model by hand.`]
    return [writeJoin(input, change, sides)]
  })
}

function sidesOf({ models, changes }: JoinsInput, change: OrmChange): readonly [Side, Side] | undefined {
  const relation = change.table.name.slice(1)
  const side = (column: 'A' | 'B', other: 'A' | 'B'): Side | undefined => {
    const key = change.foreignKeys.find((one) => one.columns.join() === column)
    const opposite = change.foreignKeys.find((one) => one.columns.join() === other)
    const modelOf = (one: ForeignKeyChange | undefined): PrismaModel | undefined => {
      const parent = changes.find(({ table }) => one !== undefined && sameName(table, one.references))
      return parent && models.find((model) => isOf(model, parent))
    }
    const [model, target] = [modelOf(key), modelOf(opposite)]
    // A model that is joined with itself has two such fields, and nothing in the schema tells which is which.
    if (key === undefined || model === undefined || target === undefined || model === target) return undefined
    const field = model.fields.find(
      (one) => one.isList && one.type === target.name && isNamed(one, relation, [model, target]),
    )
    return field && { model, field, key }
  }
  const [a, b] = [side('A', 'B'), side('B', 'A')]
  return a === undefined || b === undefined ? undefined : [a, b]
}

function isNamed(field: PrismaField, relation: string, models: readonly PrismaModel[]): boolean {
  const attribute = field.attributes.find((one) => one.name === 'relation')
  const said = attribute && (argumentOf(attribute, 'name') ?? attribute.arguments.find((one) => one.startsWith('"')))
  const assumed = models
    .map((model) => model.name)
    .toSorted()
    .join('To')
  return (said === undefined ? assumed : unquoted(said)) === relation
}

function writeJoin({ models, settings, edits }: JoinsInput, change: OrmChange, sides: readonly [Side, Side]): string {
  const relation = change.table.name.slice(1)
  const taken = models.some((model) => model.name === relation)
  const name = taken ? `${relation}Join` : relation
  const tenant = tenantField(settings)
  const [a, b] = sides
  const id = (side: Side): string => `${lower(side.model.name)}Id`
  const scalar = (side: Side, column: string): string => `  ${id(side)} String @map("${column}")`
  const type = (side: Side): string =>
    side.model.fields.find((field) => field.attributes.some((one) => one.name === 'id'))?.type ?? 'String'
  const reference = (side: Side): string =>
    `  ${lower(side.model.name)} ${side.model.name} @relation(fields: [${tenant.name}, ${id(side)}], references: [${tenant.name}, ${keyField(side.model)}], onDelete: ${prismaAction(side.key.onDelete)}, onUpdate: ${prismaAction(side.key.onUpdate)}, map: ${JSON.stringify(side.key.name)})`
  const indexes = change.indexes.flatMap(({ old, name: wide }) => {
    const columns = change.table.indexes.find((index) => index.name === old)?.columns ?? []
    const fields = columns.map((column) => (column === 'A' ? id(a) : id(b))).join(', ')
    return [
      `  @@index([${fields}], map: ${JSON.stringify(old)})`,
      `  @@index([${tenant.name}, ${fields}], map: ${JSON.stringify(wide)})`,
    ]
  })
  const primary = change.table.keys.find((key) => key.kind === 'primary')
  const uniques = change.uniques.map(
    ({ name: wide }) => `  @@unique([${tenant.name}, ${id(a)}, ${id(b)}], map: ${JSON.stringify(wide)})`,
  )
  const key =
    primary === undefined
      ? uniques
      : [`  @@id([${tenant.name}, ${id(a)}, ${id(b)}], map: ${JSON.stringify(primary.name)})`]
  const lines = [
    '',
    `model ${name} {`,
    `  ${tenant.line}`,
    scalar(a, 'A').replace(' String ', ` ${type(a)} `),
    scalar(b, 'B').replace(' String ', ` ${type(b)} `),
    '',
    reference(a),
    reference(b),
    '',
    ...key,
    ...indexes,
    `  @@map(${JSON.stringify(change.table.name)})`,
    '}',
  ]
  const last = Math.max(a.model.lastLine, b.model.lastLine)
  edits.insertBehind(last, lines.join('\n'))
  for (const { field } of sides)
    edits.replace(field.line, (text) => text.replace(/^(\s*\w+\s+)\w+\[\].*$/, `$1${name}[]`))
  return `${a.model.name}.${a.field.name} and ${b.model.name}.${b.field.name} go through the model ${name}: implicit many-to-many relations cannot join on compound keys.`
}

/** The field that was the key before the tenant came in front of it. */
function keyField(model: PrismaModel): string {
  return model.fields.find((field) => field.attributes.some((one) => one.name === 'id'))?.name ?? 'id'
}

function lower(name: string): string {
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`
}

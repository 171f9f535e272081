import type { DataModel, Field, Model } from './data-model.ts'

/**
 * A schema as a set of sentences, such as `Task.parentId text null`. Two schemas are equal when their sentences are,
 * and the difference of two sets names what differs.
 */
export type SchemaFacts = readonly string[]

const scalarTypes: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Float: 'double precision',
  Boolean: 'boolean',
  DateTime: 'timestamp(3) without time zone',
  Json: 'jsonb',
  Bytes: 'bytea',
}

const nativeTypes: Readonly<Record<string, string>> = {
  Decimal: 'numeric(?)',
  Uuid: 'uuid',
  Timestamptz: 'timestamp(?) with time zone',
  Char: 'character(?)',
  Date: 'date',
}

/** What schema.prisma says, as Prisma's own migrations would put it into PostgreSQL. */
export function factsOfDataModel(model: DataModel, views: ReadonlySet<string>): SchemaFacts {
  const tables = model.models.filter(({ name, dbName }) => !views.has(dbName ?? name))
  const facts = [
    ...model.enums.map(({ name, values }) => `enum ${name}: ${values.map((value) => value.name).join(', ')}`),
    ...model.models.flatMap((table) => {
      const isView = !tables.includes(table)
      const columns = table.fields.filter((field) => field.kind !== 'object')
      // PostgreSQL does not know whether a column of a view can be null.
      return columns.map((field) => columnFact(table.dbName ?? table.name, field, isView))
    }),
    ...tables.map((table) => `${table.name} primary key (${keyOf(table).join(', ')})`),
    ...tables.flatMap((table) => table.fields.filter(holdsKey).map((field) => foreignKeyFact(table.name, field))),
    ...model.indexes
      .filter(({ type, model: table }) => type !== 'id' && tables.some(({ name }) => name === table))
      .map(({ model: table, type, algorithm, fields }) => {
        const columns = fields.map(({ name, sortOrder }) => (sortOrder === 'desc' ? `${name} desc` : name)).join(', ')
        return `${table} ${type === 'unique' ? 'unique ' : ''}${algorithm?.toLowerCase() ?? 'btree'} (${columns})`
      }),
    ...manyToManyFacts(tables),
  ]
  return [...new Set(facts)].toSorted()
}

function columnFact(table: string, field: Field, isView: boolean): string {
  // Prisma leaves list columns nullable and reads null as the empty list.
  const nullable = isView || field.isList || !field.isRequired
  return `${table}.${field.name} ${typeOf(field)}${nullable ? '' : ' not null'}${isView ? '' : defaultOf(field)}`
}

function typeOf(field: Field): string {
  const [native, parameters] = field.nativeType ?? []
  const type =
    native === undefined
      ? field.kind === 'enum'
        ? `"${field.type}"`
        : (scalarTypes[field.type] ?? `unknown type ${field.type}`)
      : (nativeTypes[native] ?? `unknown type ${native}`).replace('?', (parameters ?? []).join(','))
  return field.isList ? `${type}[]` : type
}

function defaultOf({ default: value }: Field): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return ' default {}'
  if (typeof value !== 'object') return ` default ${value}`
  // The client makes these ids; the database has no default for them.
  if (value.name === 'cuid') return ''
  if (value.name === 'dbgenerated') return ` default ${String(value.args?.[0])}`
  return value.name === 'now'
    ? ' default now'
    : value.name === 'autoincrement'
      ? ' default nextval'
      : ` default ${value.name}()`
}

function keyOf(model: Model): readonly string[] {
  return model.primaryKey?.fields ?? model.fields.filter((field) => field.isId).map((field) => field.name)
}

function holdsKey(field: Field): boolean {
  return (field.relationFromFields?.length ?? 0) > 0
}

function foreignKeyFact(table: string, field: Field): string {
  const from = field.relationFromFields?.join(', ') ?? ''
  const to = field.relationToFields?.join(', ') ?? ''
  return `${table} (${from}) references ${field.type} (${to}) on delete ${field.relationOnDelete ?? 'unsaid'}`
}

/** An implicit many-to-many relation has a table that no model stands for; its columns are A and B. */
function manyToManyFacts(tables: readonly Model[]): string[] {
  return tables.flatMap((table) =>
    table.fields
      .filter((field) => field.isList && field.kind === 'object' && isManyToMany(tables, field))
      .flatMap((field) => {
        const name = `_${field.relationName ?? ''}`
        const [a, b] = [table.name, field.type].toSorted()
        return [
          `${name}.A text not null`,
          `${name}.B text not null`,
          `${name} primary key (A, B)`,
          `${name} btree (B)`,
          `${name} (A) references ${a} (id) on delete Cascade`,
          `${name} (B) references ${b} (id) on delete Cascade`,
        ]
      }),
  )
}

function isManyToMany(tables: readonly Model[], field: Field): boolean {
  const sides = tables.flatMap((table) => table.fields.filter((other) => other.relationName === field.relationName))
  return sides.every((side) => side.isList)
}

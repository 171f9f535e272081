import * as fc from 'fast-check'
import { sql } from 'kysely'
import type { Compilable, Kysely, OperationNodeSource, QueryCreator, SelectQueryBuilder } from 'kysely'

/** The columns that every source of rows has, tables and subqueries alike. */
interface Columns {
  readonly id: number
  readonly ref: number
  readonly name: string
}

/** Without the tenant column: the query must not need to know it. */
export type RandomSchema = Record<string, Columns>

type Creator = QueryCreator<RandomSchema>
type Selection = SelectQueryBuilder<RandomSchema, string, Columns>

export type RandomQuery = Select | Write

type Source = { readonly kind: 'table'; readonly name: string } | { readonly kind: 'subquery'; readonly select: Select }

interface Join {
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'lateralInner' | 'lateralLeft'
  readonly source: Source
  readonly to: number
  readonly column: 'id' | 'ref'
}

type Condition =
  | { readonly kind: 'compare'; readonly of: number; readonly value: number }
  | { readonly kind: 'raw'; readonly of: number; readonly value: number }
  | { readonly kind: 'exists' | 'missing' | 'in'; readonly of: number; readonly select: Select }

interface Select {
  readonly kind: 'select'
  readonly with: readonly { readonly name: string; readonly recursive: boolean; readonly query: Select | Write }[]
  readonly beside: Source | undefined
  readonly from: Source
  readonly joins: readonly Join[]
  readonly where: readonly Condition[]
  readonly project: number
  readonly shape: 'plain' | 'distinct' | 'grouped'
  readonly union: Select | undefined
}

interface Write {
  readonly kind: 'update' | 'delete' | 'insert' | 'upsert' | 'merge'
  readonly target: string
  readonly source: Source | undefined
  readonly select: Select
  readonly where: readonly Condition[]
  readonly value: number
}

const tenantTables = ['repositories', 'tests']
// Names of WITH are the same, since they hide tables.
const names = [...tenantTables, 'plans', 'recent']
const number = fc.integer({ min: 0, max: 4 })
const position = fc.nat({ max: 3 })

const depth = { depthIdentifier: fc.createDepthIdentifier(), maxDepth: 3, depthSize: 'small' } as const

const { select, write } = fc.letrec<{ source: Source; select: Select; write: Write; condition: Condition; join: Join }>(
  (tie) => ({
    source: fc.oneof(
      { ...depth, withCrossShrink: true },
      fc.record({
        kind: fc.constant('table' as const),
        name: fc.constantFrom(...names, ...tenantTables),
      }),
      fc.record({ kind: fc.constant('subquery' as const), select: tie('select') }),
    ),
    join: fc.record({
      type: fc.constantFrom('inner', 'left', 'right', 'full', 'cross', 'lateralInner', 'lateralLeft'),
      source: tie('source'),
      to: position,
      column: fc.constantFrom('id', 'ref'),
    }),
    condition: fc.oneof(
      { ...depth, withCrossShrink: true },
      fc.record({ kind: fc.constant('compare' as const), of: position, value: number }),
      fc.record({ kind: fc.constant('raw' as const), of: position, value: number }),
      fc.record({ kind: fc.constantFrom('exists', 'missing', 'in'), of: position, select: tie('select') }),
    ),
    select: fc.record({
      kind: fc.constant('select' as const),
      with: fc
        .option(
          fc.record({
            name: fc.constantFrom(...names),
            recursive: fc.boolean(),
            query: tie('select'),
          }),
          { ...depth, nil: undefined, freq: 2 },
        )
        .map((expression) => (expression === undefined ? [] : [expression])),
      beside: fc.option(tie('source'), { ...depth, nil: undefined, freq: 5 }),
      from: tie('source'),
      joins: fc.array(tie('join'), { maxLength: 3 }),
      where: fc.array(tie('condition'), { maxLength: 2 }),
      project: position,
      shape: fc.constantFrom('plain', 'plain', 'distinct', 'grouped'),
      union: fc.option(tie('select'), { ...depth, nil: undefined, freq: 5 }),
    }),
    write: fc.record({
      kind: fc.constantFrom('update', 'delete', 'insert', 'upsert', 'merge'),
      target: fc.constantFrom(...tenantTables),
      source: fc.option(tie('source'), { nil: undefined }),
      select: tie('select'),
      where: fc.array(tie('condition'), { maxLength: 2 }),
      value: number,
    }),
  }),
)

/** Selects, and selects behind a WITH that writes. */
export const randomSelect: fc.Arbitrary<Select> = select
export const randomWrite: fc.Arbitrary<RandomQuery> = fc.oneof(
  write,
  // Kysely does not put a MERGE in parentheses, which WITH needs.
  fc
    .tuple(select, write, fc.constantFrom(...names))
    .filter(([, { kind }]) => kind !== 'merge')
    .map(([outer, query, name]): Select => ({ ...outer, with: [{ name, recursive: false, query }] })),
)

/** Numbers the aliases, so that no two sources of a query share one, and tells which tables may be read. */
class Aliases {
  #count = 0
  #recursive: readonly string[] = []

  /** The first term of WITH RECURSIVE may not read the name that it introduces. */
  table(name: string): string {
    return [name, ...names].find((candidate) => !this.#recursive.includes(candidate)) ?? 'pg_am'
  }

  withoutReading<T>(name: string, build: () => T): T {
    const outer = this.#recursive
    this.#recursive = [...outer, name]
    const built = build()
    this.#recursive = outer
    return built
  }

  next(): string {
    this.#count += 1
    return `s${this.#count}`
  }
}

/** Builds the query. Everything inside it comes from the creators that Kysely hands to callbacks, or all of it from `db`. */
export function buildQuery(db: Kysely<RandomSchema>, query: RandomQuery): Compilable & OperationNodeSource {
  const aliases = new Aliases()
  return query.kind === 'select' ? buildSelect(db, query, aliases, []) : buildWrite(db, query, aliases)
}

function buildSelect(creator: Creator, query: Select, aliases: Aliases, outer: readonly string[]): Selection {
  const introduced = query.with.reduce<Creator>((q, { name, recursive, query: inner }) => {
    if (inner.kind !== 'select') return q.with(name, (c) => buildWrite(c, inner, aliases))
    if (!recursive) return q.with(name, (c) => buildSelect(c, inner, aliases, outer))
    return q.withRecursive(`${name}(id, ref, name)`, (c) =>
      aliases.withoutReading(name, () =>
        buildSelect(c, inner, aliases, outer).union((eb) => recursiveTerm(eb as unknown as Creator, name, aliases)),
      ),
    )
  }, creator)
  const names: string[] = []
  const add = (source: Source, visible: readonly string[] = outer): never => {
    const alias = aliases.next()
    const built = buildSource(creator, { source, alias, aliases, outer: visible })
    names.push(alias)
    return built as never
  }
  const froms = [...(query.beside === undefined ? [] : [add(query.beside)]), add(query.from)]
  const first = names.length - 1
  let selection = introduced.selectFrom(froms as never) as unknown as Selection
  for (const join of query.joins) selection = joined(selection, join, { add, names, first, outer })
  selection = filtered(creator, selection, query.where, { names, aliases, outer })
  const from = names[query.project % names.length] as string
  const selected = projected(selection, from, query.shape)
  return query.union === undefined
    ? selected
    : selected.unionAll(buildSelect(creator, { ...query.union, with: [] }, aliases, outer))
}

function recursiveTerm(creator: Creator, name: string, aliases: Aliases): Selection {
  const [step, self] = [aliases.next(), aliases.next()]
  const table = aliases.table('tests')
  return projected(
    creator
      .selectFrom(`${table} as ${step}`)
      .innerJoin(`${name} as ${self}`, (join) => join.onRef(`${step}.id`, '=', `${self}.ref`)) as unknown as Selection,
    step,
    'plain',
  )
}

function buildSource(
  creator: Creator,
  place: { source: Source; alias: string; aliases: Aliases; outer: readonly string[] },
): unknown {
  const { source, alias, aliases, outer } = place
  if (source.kind === 'table') return `${aliases.table(source.name)} as ${alias}`
  return buildSelect(creator, source.select, aliases, outer).as(alias)
}

function joined(
  selection: Selection,
  join: Join,
  scope: {
    add: (source: Source, visible?: readonly string[]) => never
    names: readonly string[]
    first: number
    outer: readonly string[]
  },
): Selection {
  // An ON clause sees the element of FROM that it binds to, and the joins before it.
  const partners = scope.names.slice(scope.first)
  const partner = partners[join.to % partners.length] as string
  const lateral = join.type.startsWith('lateral') && join.source.kind === 'subquery'
  const source = scope.add(join.source, lateral ? [...scope.outer, ...partners] : scope.outer)
  const own = scope.names.at(-1) as string
  const on = (builder: { onRef: (left: never, op: '=', right: never) => never }): never =>
    builder.onRef(`${own}.id` as never, '=', `${partner}.${join.column}` as never)
  if (join.type === 'cross') return selection.crossJoin(source)
  const methods = {
    inner: 'innerJoin',
    left: 'leftJoin',
    right: 'rightJoin',
    full: 'fullJoin',
    lateralInner: lateral ? 'innerJoinLateral' : 'innerJoin',
    lateralLeft: lateral ? 'leftJoinLateral' : 'leftJoin',
  } as const
  const method = selection[methods[join.type]] as unknown as (source: unknown, on: unknown) => Selection
  return method.call(selection, source, on)
}

function filtered<B extends { where: (condition: never) => unknown }>(
  creator: Creator,
  builder: B,
  conditions: readonly Condition[],
  scope?: { names: readonly string[]; aliases: Aliases; outer: readonly string[] },
): B {
  if (scope === undefined) return builder
  const { names, aliases, outer } = scope
  return conditions.reduce((current, condition) => {
    const alias = names[condition.of % names.length] as string
    if (condition.kind === 'compare') {
      return current.where(sql`${sql.ref(`${alias}.id`)} > ${condition.value}` as never) as B
    }
    if (condition.kind === 'raw') {
      return current.where(sql`${sql.ref(`${alias}.ref`)} = ${condition.value} or true` as never) as B
    }
    const inner = buildSelect(creator, condition.select, aliases, [...outer, ...names])
    const text = { exists: sql`exists`, missing: sql`not exists`, in: sql`${sql.ref(`${alias}.name`)} = any` }[
      condition.kind
    ]
    const rows = condition.kind === 'in' ? creator.selectFrom(inner.as('x')).select('x.name') : inner
    return current.where(sql`${text} (${rows})` as never) as B
  }, builder)
}

function projected(selection: Selection, alias: string, shape: Select['shape']): Selection {
  const columns = [`${alias}.id`, `${alias}.ref`, `${alias}.name`] as never
  if (shape === 'plain') return selection.select(columns)
  if (shape === 'distinct') return selection.select(columns).distinct()
  return selection
    .select([
      sql<number>`${sql.ref(`${alias}.id`)}`.as('id'),
      sql<number>`count(*)::int`.as('ref'),
      sql<string>`min(${sql.ref(`${alias}.name`)})`.as('name'),
    ])
    .groupBy(`${alias}.id` as never)
}

function buildWrite(creator: Creator, query: Write, aliases: Aliases): Selection {
  const target = aliases.next()
  const name = `w${query.value}`
  const table = `${query.target} as ${target}`
  const alias = aliases.next()
  const source = query.source && buildSource(creator, { source: query.source, alias, aliases, outer: [] })
  const scope = { names: source === undefined ? [target] : [target, alias], aliases, outer: [] }
  const returned = [`${target}.id`, `${target}.ref`, `${target}.name`] as never
  switch (query.kind) {
    case 'update': {
      const update = creator.updateTable(table)
      const from = source === undefined ? update : (update.from(source as never) as unknown as typeof update)
      return filtered(creator, from.set({ name }), query.where, scope).returning(returned) as unknown as Selection
    }
    case 'delete': {
      const remove = creator.deleteFrom(table)
      const using = source === undefined ? remove : (remove.using(source as never) as unknown as typeof remove)
      return filtered(creator, using, query.where, scope).returning(returned) as unknown as Selection
    }
    case 'merge':
      return buildMerge(creator, query, { table, target, alias, source: source ?? `plans as ${alias}`, name })
    case 'insert':
    case 'upsert':
      return buildInsert(creator, query, { aliases, alias, name })
  }
}

function buildInsert(
  creator: Creator,
  query: Write,
  parts: { aliases: Aliases; alias: string; name: string },
): Selection {
  const { alias, name } = parts
  const rows = creator
    .selectFrom(buildSelect(creator, query.select, parts.aliases, []).as(alias) as never)
    .select([
      sql<number>`${sql.ref(`${alias}.id`)} + ${sql.lit(query.kind === 'upsert' ? 0 : 100)}`.as('id'),
      sql<number>`max(${sql.ref(`${alias}.ref`)})`.as('ref'),
      sql<string>`max(${sql.ref(`${alias}.name`)})`.as('name'),
    ])
    .where(sql<boolean>`${sql.ref(`${alias}.id`)} is not null`)
    .groupBy(`${alias}.id` as never)
  const shaped = query.value % 2 === 0 ? rows : rows.distinct()
  const insert = creator
    .insertInto(query.target)
    .columns(['id', 'ref', 'name'])
    .expression(shaped as never)
    .returning(['id', 'ref', 'name'])
  const upserted = insert.onConflict((conflict) =>
    query.value < 2 ? conflict.doNothing() : conflict.columns(['org_id', 'id'] as never).doUpdateSet({ name }),
  )
  return (query.kind === 'upsert' ? upserted : insert) as unknown as Selection
}

function buildMerge(
  creator: Creator,
  query: Write,
  parts: { table: string; target: string; alias: string; source: unknown; name: string },
): Selection {
  const { target, alias, name } = parts
  const merge = creator
    .mergeInto(parts.table as never)
    .using(parts.source as 'plans', (join) => join.onRef(`${alias}.id` as never, '=', `${target}.ref` as never))
    .whenMatchedAnd(sql<boolean>`${sql.ref(`${target}.id`)} > ${query.value} or false`)
    .thenUpdateSet({ name } as never)
    .whenNotMatchedAnd(sql<boolean>`${sql.ref(`${alias}.id`)} is not null or false`)
    .thenInsertValues({ id: sql`${sql.ref(`${alias}.id`)} + 200`, ref: query.value, name } as never)
  const bySource = merge.whenNotMatchedBySourceAnd(sql<boolean>`${sql.ref(`${target}.id`)} > 1 or false`).thenDelete()
  return (query.value % 2 === 0 ? merge : bySource).returning([
    `${target}.id`,
    `${target}.ref`,
    `${target}.name`,
  ] as never) as unknown as Selection
}

import { assertTenant, changed, each, filterUnique, filterWhere, isArgs, isGiven, mapEntries } from './filter-where.ts'
import type { Args, PrismaBinding } from './filter-where.ts'
import type { Relation, TenantModel } from './tenant-models.ts'

/**
 * Gives new rows the tenant, and everything that is written with them.
 *
 * @param via the relation that the rows are created through, if they are
 * @throws {TenancyError} `TENANT_MISMATCH` when one is given another.
 */
export function stampCreate(
  data: unknown,
  model: TenantModel,
  context: { readonly binding: PrismaBinding; readonly via?: Relation },
): unknown {
  const { binding, via } = context
  const { field } = binding.models
  const rows: readonly unknown[] = Array.isArray(data) ? data : [data]
  const stamps =
    model.isTenant && via?.givesTenant !== true && !(model.sharesTenant && rows.some((row) => byRelation(row, model)))
  return each(data, (row) => {
    const nested = filterNested(row, model, binding)
    if (!model.isTenant) return nested
    assertTenant(row[field], binding)
    return stamps && !isGiven(row[field]) ? { ...nested, [field]: binding.tenant } : nested
  })
}

/**
 * Whether a row is written with a row on the other side of its foreign keys. Beside that, and in all rows of a list with
 * one that is, Prisma takes no field of a foreign key; the tenant is that of the other row, or the default of the column.
 */
function byRelation(row: unknown, model: TenantModel): boolean {
  return isArgs(row) && keysWritten(row, model).length > 0
}

/** The relations that a row is written with and that it holds the foreign key of. */
function keysWritten(row: Args, { relations }: TenantModel): readonly (readonly [string, Relation])[] {
  return [...relations].filter(([name, { foreignKey }]) => foreignKey.length > 0 && isGiven(row[name]))
}

/** @throws {TenancyError} `TENANT_MISMATCH` when a row would change hands. */
export function filterUpdate(data: Args, model: TenantModel, binding: PrismaBinding): Args {
  const given = data[binding.models.field]
  if (model.isTenant) assertTenant(isArgs(given) && 'set' in given ? given['set'] : given, binding)
  return filterNested(withoutDisconnect(data, model, binding), model, binding)
}

/**
 * Prisma disconnects a row by emptying its foreign key, the tenant's field included. The other fields are enough; beside
 * another relation that is written, Prisma takes none of them, and the database refuses.
 */
function withoutDisconnect(data: Args, model: TenantModel, binding: PrismaBinding): Args {
  const { field } = binding.models
  const written = keysWritten(data, model)
  const isAlone = written.every(([name]) => isArgs(data[name]) && data[name]['disconnect'] === true)
  if (!isAlone || !written.some(([, { foreignKey }]) => foreignKey.includes(field))) return data
  const names = new Set(written.map(([name]) => name))
  const emptied = written.flatMap(([, { foreignKey }]) => foreignKey.filter((name) => name !== field))
  const rest = Object.entries(data).filter(([name]) => !names.has(name))
  return Object.fromEntries([...rest, ...emptied.map((name): [string, unknown] => [name, null])])
}

function filterNested(data: Args, model: TenantModel, binding: PrismaBinding): Args {
  return mapEntries(data, (field, value) => {
    const relation = model.relations.get(field)
    if (relation === undefined || !isArgs(value)) return value
    return mapEntries(value, (operation, given) => filterWrite(operation, given, { relation, binding }))
  })
}

/** One of the writes that can stand below a relation. */
function filterWrite(
  operation: string,
  given: unknown,
  context: { relation: Relation; binding: PrismaBinding },
): unknown {
  const { relation, binding } = context
  const target = binding.models.get(relation.target)
  const create = (data: unknown): unknown => stampCreate(data, target, { binding, via: relation })
  const update = (data: unknown): unknown => each(data, (one) => filterUpdate(one, target, binding))
  // One row at the end of a relation is named by the relation, so that only a condition can stand beside it.
  const one = relation.isList ? filterUnique : filterWhere
  const named = (where: unknown): unknown => one(where, target, binding)
  const beside = ({ where }: Args): unknown => (isGiven(where) ? named(where) : undefined)
  switch (operation) {
    case 'create':
      return create(given)
    case 'createMany':
      return each(given, (many) => changed(many, { data: create(many['data']) }))
    case 'connect':
      return each(given, (where) => filterUnique(where, target, binding))
    case 'connectOrCreate':
      return each(given, ({ where, create: data, ...args }) =>
        changed(args, { where: filterUnique(where, target, binding), create: create(data) }),
      )
    case 'set':
    case 'disconnect':
    case 'delete':
      return each(given, named)
    case 'deleteMany':
      return each(given, (where) => filterWhere(where, target, binding))
    case 'update':
      return each(given, (args) =>
        isArgs(args['data']) ? changed(args, { where: beside(args), data: update(args['data']) }) : update(args),
      )
    case 'updateMany':
      return each(given, (args) =>
        changed(args, { where: filterWhere(args['where'], target, binding), data: update(args['data']) }),
      )
    case 'upsert':
      return each(given, (args) =>
        changed(args, { where: beside(args), create: create(args['create']), update: update(args['update']) }),
      )
    default:
      return given
  }
}

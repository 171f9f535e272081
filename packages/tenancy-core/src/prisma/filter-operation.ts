import { filterUpdate, stampCreate } from './filter-data.ts'
import { filterSelection } from './filter-selection.ts'
import { assertOwnKey, changed, each, filterUnique, filterWhere, isArgs } from './filter-where.ts'
import type { Args, PrismaBinding } from './filter-where.ts'
import type { TenantModel } from './tenant-models.ts'

type Part = 'key' | 'where' | 'create' | 'update'

/** What the arguments of an operation hold. An operation that is not known stays as it is: row level security binds it. */
const partsOf: Readonly<Record<string, readonly Part[]>> = {
  findUnique: ['key'],
  findUniqueOrThrow: ['key'],
  findFirst: ['where'],
  findFirstOrThrow: ['where'],
  findMany: ['where'],
  count: ['where'],
  aggregate: ['where'],
  groupBy: ['where'],
  create: ['create'],
  createMany: ['create'],
  createManyAndReturn: ['create'],
  update: ['key', 'update'],
  updateMany: ['where', 'update'],
  updateManyAndReturn: ['where', 'update'],
  delete: ['key'],
  deleteMany: ['where'],
}

/**
 * Writes the tenant into the arguments of an operation.
 *
 * @throws {TenancyError} `TENANT_MISMATCH` when another tenant is written.
 */
export function filterOperation(
  query: { readonly operation: string; readonly args: unknown },
  model: TenantModel,
  binding: PrismaBinding,
): Args {
  const given = isArgs(query.args) ? query.args : {}
  const args = filterSelection(given, model, binding)
  const create = (data: unknown): unknown => stampCreate(data, model, { binding })
  const update = (data: unknown): unknown => each(data, (one) => filterUpdate(one, model, binding))
  if (query.operation === 'upsert') {
    assertOwnKey(given['where'], model, binding)
    const where = filterUnique(given['where'], model, binding)
    return changed(args, { where, create: create(given['create']), update: update(given['update']) })
  }
  const parts = Object.hasOwn(partsOf, query.operation) ? (partsOf[query.operation] ?? []) : []
  return changed(args, {
    ...(parts.includes('key') && { where: filterUnique(given['where'], model, binding) }),
    ...(parts.includes('where') && { where: filterWhere(given['where'], model, binding) }),
    ...(parts.includes('create') && { data: create(given['data']) }),
    ...(parts.includes('update') && { data: update(given['data']) }),
  })
}

import { filterWhere, isArgs, mapEntries, filterKey } from './filter-where.ts'
import type { Args, PrismaBinding } from './filter-where.ts'
import type { Relation, TenantModel } from './tenant-models.ts'

/** Adds the tenant to the related rows that a query reads, as far as Prisma takes a condition there. */
export function filterSelection(args: Args, model: TenantModel, binding: PrismaBinding): Args {
  return mapEntries(args, (key, value) => {
    if (key === 'cursor') return filterKey(value, model, binding)
    if ((key !== 'select' && key !== 'include') || !isArgs(value)) return value
    return mapEntries(value, (field, chosen) => {
      if (field === '_count') return filterCounts(chosen, model, binding)
      const relation = model.relations.get(field)
      return relation === undefined ? chosen : filterChosen(chosen, relation, binding)
    })
  })
}

function filterChosen(chosen: unknown, relation: Relation, binding: PrismaBinding): unknown {
  if (chosen !== true && !isArgs(chosen)) return chosen
  const target = binding.models.get(relation.target)
  const args = chosen === true ? {} : filterSelection(chosen, target, binding)
  // A required row has no WHERE. It is the tenant's: a foreign key leads to it.
  const filtered = relation.isList || relation.isOptional ? filterWhere(args['where'], target, binding) : undefined
  if (isArgs(filtered) && Object.keys(filtered).length > 0) return { ...args, where: filtered }
  return chosen === true ? true : args
}

/** `_count: true` takes no condition. */
function filterCounts(chosen: unknown, model: TenantModel, binding: PrismaBinding): unknown {
  if (!isArgs(chosen) || !isArgs(chosen['select'])) return chosen
  const select = mapEntries(chosen['select'], (field, counted) => {
    const relation = model.relations.get(field)
    return relation === undefined ? counted : filterChosen(counted, relation, binding)
  })
  return { ...chosen, select }
}

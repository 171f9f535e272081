import { TenancyError } from '../tenancy-error.ts'
import type { Relation, TenantModel, TenantModels } from './tenant-models.ts'

/** Arguments of Prisma, and parts of them. */
export type Args = Readonly<Record<string, unknown>>

/** What one query is bound to. */
export interface PrismaBinding {
  readonly models: TenantModels
  /** The tenant as a value of the field. @throws {TenancyError} `TENANT_REQUIRED` outside a scope. */
  readonly tenant: string | number | bigint
}

const combinators: ReadonlySet<string> = new Set(['AND', 'OR', 'NOT'])

/** A condition, and the tenant beside it where the model has one. */
export function filterWhere(where: unknown, model: TenantModel, binding: PrismaBinding): unknown {
  if (isGiven(where) && !isArgs(where)) return where
  if (!isArgs(where)) return model.isTenant ? withTenant({}, binding) : where
  const walked = walkWhere(where, model, binding)
  return model.isTenant ? withTenant(walked, binding) : walked
}

/**
 * A condition that names one row. Keys of several fields need no tenant from the caller, who may also give the fields
 * beside it alone: `{ email }` means `{ orgId_email: { orgId, email } }` where that is the key.
 */
export function filterUnique(where: unknown, model: TenantModel, binding: PrismaBinding): unknown {
  if (!isArgs(where) || !model.isTenant) return filterWhere(where, model, binding)
  const named = nameKey(where, model, binding)
  const walked = walkWhere(named, model, binding)
  const keys = sharedKeysIn(named, model, binding)
  const isNamed = keys.some((key) => isTenant(key[binding.models.field], binding))
  return isNamed ? walked : withTenant(walked, binding)
}

/** The key alone, for where Prisma takes no condition beside it. */
export function filterKey(where: unknown, model: TenantModel, binding: PrismaBinding): unknown {
  return isArgs(where) && model.isTenant ? nameKey(where, model, binding) : where
}

function nameKey(where: Args, model: TenantModel, binding: PrismaBinding): Args {
  const { field } = binding.models
  const shared = model.keys.filter(({ fields }) => fields.length > 1 && fields.includes(field))
  const given = model.keys.filter(({ name }) => isGiven(where[name]))
  const entries = given.flatMap(({ name }): [string, unknown][] => {
    const value = where[name]
    return shared.some((key) => key.name === name) && isArgs(value) && !isGiven(value[field])
      ? [[name, { ...value, [field]: binding.tenant }]]
      : []
  })
  if (given.length > 0) return { ...where, ...Object.fromEntries(entries) }
  const meant = shared.find(({ fields }) => fields.every((name) => name === field || isValue(where[name])))
  if (meant === undefined) return where
  const { name, fields } = meant
  const rest = Object.entries(where).filter(([key]) => !fields.includes(key))
  const value = Object.fromEntries(fields.map((key) => [key, isGiven(where[key]) ? where[key] : binding.tenant]))
  return { ...Object.fromEntries(rest), [name]: value }
}

/**
 * Asserts that the key of a row which is created where there is none is the tenant's.
 *
 * @throws {TenancyError} `TENANT_MISMATCH` when it names another tenant.
 */
export function assertOwnKey(where: unknown, model: TenantModel, binding: PrismaBinding): void {
  if (!isArgs(where) || !model.isTenant) return
  const { field } = binding.models
  for (const named of [where, ...sharedKeysIn(where, model, binding)]) assertTenant(named[field], binding)
}

/** @throws {TenancyError} `TENANT_MISMATCH` for anything but the tenant in scope, where something is given at all. */
export function assertTenant(value: unknown, binding: PrismaBinding): void {
  if (!isGiven(value) || isTenant(value, binding)) return
  throw new TenancyError(
    'TENANT_MISMATCH',
    `Tenant field "${binding.models.field}" is given another organization, or something that cannot be compared; nothing ` +
      'was sent. Leave the field out: it is filled with the tenant in scope.',
  )
}

/** Prisma leaves out what is undefined, and its own `Prisma.skip`. */
export function isGiven(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined
  return typeof Reflect.get(value, 'ifUndefined') !== 'function'
}

export function isArgs(value: unknown): value is Args {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Of another realm too, as test runners have them: what is not recognized here is not filtered.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Applies `change` to one thing or to each of several, as Prisma takes both. */
export function each(value: unknown, change: (one: Args) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => (isArgs(one) ? change(one) : one))
  return isArgs(value) ? change(value) : value
}

/** The values of keys that the tenant is a part of. */
function sharedKeysIn(where: unknown, model: TenantModel, { models: { field } }: PrismaBinding): readonly Args[] {
  if (!isArgs(where)) return []
  const shared = model.keys.filter(({ fields }) => fields.length > 1 && fields.includes(field))
  return shared.map(({ name }) => where[name]).filter(isArgs)
}

function withTenant(where: Args, { models: { field }, tenant }: PrismaBinding): Args {
  const own = where[field]
  if (own === tenant) return where
  if (!isGiven(own)) return { ...where, [field]: tenant }
  // Beside what is there: Prisma looks for a key at the top.
  const parts: readonly unknown[] = isGiven(where['AND']) ? [where['AND']].flat() : []
  return { ...where, AND: [...parts, { [field]: tenant }] }
}

function isTenant(value: unknown, { tenant }: PrismaBinding): boolean {
  const comparable = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
  return comparable && String(value) === String(tenant)
}

/** Whether a key can be made of it: `{ contains: 'x' }` is a condition and no value. */
function isValue(value: unknown): boolean {
  return isGiven(value) && value !== null && !isArgs(value) && !Array.isArray(value)
}

function walkWhere(where: Args, model: TenantModel, binding: PrismaBinding): Args {
  return mapEntries(where, (key, value) => {
    if (combinators.has(key)) return each(value, (one) => walkWhere(one, model, binding))
    const relation = model.relations.get(key)
    return relation === undefined || !isArgs(value) ? value : filterRelated(value, relation, binding)
  })
}

function filterRelated(condition: Args, relation: Relation, binding: PrismaBinding): unknown {
  const target = binding.models.get(relation.target)
  if (!relation.isList && !('is' in condition) && !('isNot' in condition)) {
    return filterWhere(condition, target, binding)
  }
  return mapEntries(condition, (quantifier, one) => {
    if (!isArgs(one)) return one
    return quantifier === 'every' ? filterEvery(one, relation, binding) : filterWhere(one, target, binding)
  })
}

/**
 * Rows of other tenants do not count. They can hang on a row that is no tenant's only. The tenant stands on both sides of
 * OR, since Prisma drops a side that says nothing.
 */
function filterEvery(condition: Args, relation: Relation, binding: PrismaBinding): unknown {
  const target = binding.models.get(relation.target)
  if (!target.isTenant || relation.givesTenant) return walkWhere(condition, target, binding)
  const foreign = { NOT: { [binding.models.field]: binding.tenant } }
  return { OR: [foreign, filterWhere(condition, target, binding)] }
}

/** Arguments with changes, of which those to nothing are none: Prisma may be told to refuse what is undefined. */
export function changed(args: Args, changes: Args): Args {
  return { ...args, ...Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) }
}

export function mapEntries(args: Args, change: (key: string, value: unknown) => unknown): Args {
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [key, change(key, value)]))
}

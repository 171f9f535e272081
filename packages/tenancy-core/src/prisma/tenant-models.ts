import { TenancyError } from '../tenancy-error.ts'
import { readSchema } from './read-schema.ts'
import type { SchemaField, SchemaKey, SchemaModel } from './read-schema.ts'

/** What Prisma's client knows of its models at run time. Private to Prisma: see {@link readTenantModels}. */
interface RuntimeModel {
  readonly fields: readonly RuntimeField[]
}

interface RuntimeField {
  readonly name: string
  readonly kind: string
  readonly type: string
  readonly relationName?: string
}

/** A model, with what a filter has to know of it. */
export interface TenantModel {
  readonly name: string
  /** Whether rows of this model belong to tenants. */
  readonly isTenant: boolean
  /** Whether a relation of this model has the tenant field in its foreign key: then it is written with the relation. */
  readonly sharesTenant: boolean
  readonly relations: ReadonlyMap<string, Relation>
  readonly keys: readonly SchemaKey[]
}

/** A field that leads to rows of another model. */
export interface Relation {
  readonly target: string
  readonly isList: boolean
  readonly isOptional: boolean
  /** The fields of the foreign key, on the side that holds it; none on the other. */
  readonly foreignKey: readonly string[]
  /** Whether rows on the other side take their tenant from this one, through their foreign key. */
  readonly givesTenant: boolean
}

/** All models of a client. */
export interface TenantModels {
  readonly field: string
  /** A tenant as a value of the field: Prisma takes no text for a number. */
  readonly valueOf: (organizationId: string) => string | number | bigint
  get(name: string): TenantModel
}

/**
 * Reads the models of a Prisma client: their fields from the data model, and what that leaves out from the schema, which
 * must agree.
 *
 * @throws {TenancyError} `DRIVER_UNSUPPORTED` when this version of Prisma keeps them elsewhere.
 * @throws {TenancyError} `CONFIGURATION_INVALID` when a model has no such field, or none has.
 */
export function readTenantModels(
  client: object,
  options: { readonly field: string; readonly models?: readonly string[] | undefined },
): TenantModels {
  const { field } = options
  const dataModel = Reflect.get(client, '_runtimeDataModel') as { models?: Record<string, RuntimeModel> } | undefined
  const engine = Reflect.get(client, '_engineConfig') as { inlineSchema?: unknown } | undefined
  const runtime = dataModel?.models
  if (runtime === undefined || typeof engine?.inlineSchema !== 'string') throw unknownPrisma('it has no schema')
  const schema = readSchema(engine.inlineSchema)
  assertAgree(runtime, schema)
  const having = Object.keys(runtime).filter((name) => runtime[name]?.fields.some((own) => isTenantField(own, field)))
  const tenants = options.models ?? having
  const without = tenants.filter((name) => !having.includes(name))
  if (tenants.length === 0 || without.length > 0) throw fieldMissing(field, without)
  const models = new Map(
    Object.keys(runtime).map((name) => [
      name,
      modelOf(name, { runtime, schema, field, isTenant: tenants.includes(name) }),
    ]),
  )
  const type = runtime[tenants[0] as string]?.fields.find((own) => own.name === field)?.type
  return {
    field,
    valueOf: (id) => (type === 'Int' ? Number(id) : type === 'BigInt' ? BigInt(id) : id),
    get: (name) => models.get(name) as TenantModel,
  }
}

function modelOf(
  name: string,
  source: {
    runtime: Record<string, RuntimeModel>
    schema: ReadonlyMap<string, SchemaModel>
    field: string
    isTenant: boolean
  },
): TenantModel {
  const { runtime, schema, field, isTenant } = source
  const own = schema.get(name) as SchemaModel
  const relations = new Map<string, Relation>()
  let sharesTenant = false
  for (const { name: fieldName, type, kind, relationName } of runtime[name]?.fields ?? []) {
    if (kind !== 'object') continue
    const { isList, isOptional, foreignKey } = own.fields.get(fieldName) as SchemaField
    const opposite = runtime[type]?.fields.find(
      (other) => other.relationName === relationName && (type !== name || other.name !== fieldName),
    )
    const keyOfOther = schema.get(type)?.fields.get(opposite?.name ?? '')?.foreignKey ?? []
    sharesTenant ||= foreignKey.includes(field)
    relations.set(fieldName, {
      target: type,
      isList,
      isOptional,
      foreignKey,
      givesTenant: keyOfOther.includes(field),
    })
  }
  return { name, isTenant, sharesTenant, relations, keys: own.keys }
}

function isTenantField({ name, kind }: RuntimeField, field: string): boolean {
  return name === field && kind === 'scalar'
}

/** The canary of the reading: Prisma and the reader have to see the same fields. */
function assertAgree(runtime: Record<string, RuntimeModel>, schema: ReadonlyMap<string, SchemaModel>): void {
  for (const [name, { fields }] of Object.entries(runtime)) {
    const read = schema.get(name)
    const missing = fields.find((own) => !read?.fields.has(own.name))
    if (read === undefined || missing !== undefined) {
      throw unknownPrisma(`its schema does not show ${name}${missing === undefined ? '' : `.${missing.name}`}`)
    }
  }
}

function unknownPrisma(reason: string): TenancyError {
  return new TenancyError(
    'DRIVER_UNSUPPORTED',
    `The models of this Prisma client cannot be read: ${reason}. Install a version 7 of Prisma that this package was ` +
      'tested with, or leave tenantFilterExtension out: row level security does not need it.',
  )
}

function fieldMissing(field: string, models: readonly string[]): TenancyError {
  const where = models.length === 0 ? 'any model' : models.join(', ')
  return new TenancyError(
    'CONFIGURATION_INVALID',
    `tenantFilterExtension: there is no field "${field}" in ${where}. Name the field of the tenant, and the models that have ` +
      "it, as Prisma's schema does.",
    { details: { field, models } },
  )
}

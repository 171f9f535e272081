import * as z from 'zod'
import type { DescribedSchema } from './host-operation.ts'
import type { Json } from './openapi.ts'
import { limitsOf } from './route-list.ts'
import type { Route } from './route.ts'

/** What a request may bring beside its body. */
export function parametersOf(route: Route): readonly Json[] {
  const header = (name: string, required: boolean, description: string): Json => {
    return { name, in: 'header', required, description, schema: { type: 'string' } }
  }
  return [
    ...(route.scope === 'organization' ? [{ $ref: '#/components/parameters/Organization' }] : []),
    ...pathParameters(route),
    ...membersOf(route.query, 'query'),
    ...pageParameters(route),
    ...(route.idempotent === true
      ? [header('Idempotency-Key', false, 'Repeated with the same key, the request has its effect once')]
      : []),
    ...(route.ifMatch === undefined
      ? []
      : [header('If-Match', route.ifMatch === 'required', 'The ETag of the version that is changed')]),
  ]
}

/** Every name in the path, described or not. */
export function pathParameters({
  path,
  params,
}: {
  readonly path: string
  readonly params?: DescribedSchema | undefined
}): readonly Json[] {
  const described = membersOf(params, 'path')
  return [...path.matchAll(/:(\w+)/g)].map(
    ([, name]) =>
      described.find((one) => one['name'] === name) ?? { name, in: 'path', required: true, schema: { type: 'string' } },
  )
}

function pageParameters({ list }: Route): readonly Json[] {
  if (list === undefined) return []
  const { max, default: standard } = limitsOf(list)
  return [
    { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: max, default: standard } },
    { name: 'cursor', in: 'query', description: '`nextCursor` of the page before', schema: { type: 'string' } },
  ]
}

/** The members of a schema as parameters; none of what is not described. */
export function membersOf(schema: DescribedSchema | undefined, where: 'path' | 'query'): readonly Json[] {
  if (schema === undefined || schema instanceof z.ZodUnknown) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Readonly<Record<string, Json>>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, described]) => {
    const { description, ...rest } = described
    const isRequired = where === 'path' || required.includes(name)
    return {
      name,
      in: where,
      required: isRequired,
      ...(description === undefined ? {} : { description }),
      schema: rest,
    }
  })
}

/** A schema as JSON Schema of 2020-12: of what is sent, or of what is answered. */
export function schemaOf(schema: DescribedSchema, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } =
    schema instanceof z.ZodType
      ? z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' })
      : schema
  return rest
}

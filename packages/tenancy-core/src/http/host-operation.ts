import * as z from 'zod'
import type { Json } from './openapi.ts'
import { refused } from './openapi-refusals.ts'
import { membersOf, pathParameters, schemaOf } from './openapi-parameters.ts'
import type { Permission } from './permission.ts'
import { admissionRefusals } from './route-refusals.ts'

/** A schema in either form: of zod, or JSON Schema. */
export type DescribedSchema = z.ZodType | Json

/** A route of the service's own, for the API's reference. Nothing is mounted by it, and nothing is asked. */
export interface HostOperation {
  /** As it is sent: `GET`. */
  readonly method: string
  /** The whole path, with `:name` for parameters. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  /** @defaultValue method and path: `getProjectsId` */
  readonly operationId?: string | undefined
  readonly description?: string | undefined
  /** `public`: for anybody. `user`: for a person, in no organization. @defaultValue `'organization'` */
  readonly scope?: 'organization' | 'user' | 'public' | undefined
  /** What the role of the member must include. */
  readonly permission?: Permission | undefined
  readonly params?: DescribedSchema | undefined
  readonly query?: DescribedSchema | undefined
  readonly body?: DescribedSchema | undefined
  /**
   * What the service itself answers, by status: `undefined` where there is no content. The refusals of Partywall are added.
   *
   * @defaultValue 200, of which nothing is said
   */
  readonly responses?: Readonly<Record<string, DescribedSchema | undefined>> | undefined
}

/** A route of the service as an operation of the document. */
export function hostOperation(route: HostOperation, operationId: string): Json {
  const { summary, tag, description, permission, scope = 'organization', body } = route
  const asks = permission === undefined ? undefined : `Asks for the permission \`${permission}\`.`
  const told = [description, asks].filter((part) => part !== undefined)
  return {
    operationId,
    summary,
    tags: [tag],
    ...(told.length === 0 ? {} : { description: told.join('\n\n') }),
    ...(permission === undefined ? {} : { 'x-permission': permission }),
    ...(scope === 'public' ? { security: [] } : {}),
    parameters: [
      ...(scope === 'organization' ? [{ $ref: '#/components/parameters/Organization' }] : []),
      ...pathParameters(route),
      ...membersOf(route.query, 'query'),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !(body instanceof z.ZodType && body.safeParse(undefined).success),
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: responsesOf(route),
  }
}

function responsesOf({ responses = { 200: z.unknown() }, scope, permission }: HostOperation): Json {
  const own = new Map(Object.entries(responses))
  const ours =
    scope === 'user' || scope === 'public' ? new Map<number, readonly string[]>() : admissionRefusals(permission)
  const statuses = new Set([...own.keys(), ...[...ours.keys()].map(String)])
  const described = [...statuses].toSorted().map((status) => {
    const problem = ours.get(Number(status))
    const schema = own.get(status)
    const content = { ...contentOf(schema), ...(problem === undefined ? {} : refused(Number(status), problem).content) }
    const description = problem === undefined ? describeStatus(status) : refused(Number(status), problem).description
    return [
      status.replace('xx', 'XX'),
      { description, ...(Object.keys(content).length === 0 ? {} : { content }) },
    ] as const
  })
  return Object.fromEntries(described)
}

function contentOf(schema: DescribedSchema | undefined): Json {
  return schema === undefined ? {} : { 'application/json': { schema: schemaOf(schema, 'output') } }
}

function describeStatus(status: string): string {
  return Number(status) < 400 ? 'Done' : 'Refused by the service'
}

import * as z from 'zod'
import { TenancyError, isTenancyError } from '@partywall/tenancy-core'
import { defineRoute } from '@partywall/tenancy-core/http'
import type { Route, RouteContext } from '@partywall/tenancy-core/http'
import { isJsonObject } from '../json.ts'
import type { Organizations } from '../organizations.ts'
import type { SettingsIssue } from '../settings-document.ts'
import type { VersionedSettings } from '../settings.ts'
import { versionNumber } from './version-number.ts'

/** The versions of what is being answered: the answer is the settings alone, as a request puts them. */
const versions = new WeakMap<object, number>()

const common = {
  path: '/organization/settings',
  tag: 'organization',
  scope: 'organization',
  version: (answer: object): string => String(versions.get(answer)),
} as const

const refusals = ['SETTINGS_INVALID', 'SETTINGS_TOO_LARGE', 'SETTINGS_CHANGED', 'ACTOR_NOT_MEMBER']

/**
 * The settings of the organization: the schema of the host describes them. What is sent is checked where it is stored and
 * not here, since the schema may make something else of it, and a patch is none until it is merged.
 */
export function settingsRoutes(organizations: Organizations): readonly Route[] {
  const input = describedBy(organizations.settingsSchema, 'input')
  // Not the schema itself: parsing anew what it made would fail where it transforms.
  const response = z.unknown().meta(describedBy(organizations.settingsSchema, 'output'))
  const sent = z.custom<never>((body) => isJsonObject(body), 'Expected an object')
  return [
    defineRoute({
      ...common,
      method: 'GET',
      operationId: 'showSettings',
      summary: 'Show the settings, with the defaults of those that nobody chose',
      permission: 'settings:read',
      response,
      handler: () => answer(() => organizations.versionedSettings()),
    }),
    defineRoute({
      ...common,
      method: 'PUT',
      operationId: 'replaceSettings',
      summary: 'Replace the settings: what is left out has its default from then on',
      permission: 'settings:update',
      ifMatch: 'required',
      refusals,
      body: sent.meta(input),
      response,
      handler: (context, { body }) => answer(() => organizations.replaceSettings(body, optionsOf(context))),
    }),
    defineRoute({
      ...common,
      method: 'PATCH',
      operationId: 'updateSettings',
      summary: 'Merge a patch after RFC 7396 into the settings: null brings a default back, arrays are replaced',
      permission: 'settings:update',
      ifMatch: 'optional',
      refusals,
      body: sent.meta(patchOf(input)),
      response,
      handler: (context, { body }) => answer(() => organizations.updateSettings(body, optionsOf(context))),
    }),
  ]
}

function optionsOf({ expectedVersion }: RouteContext): { readonly expectedVersion: number | undefined } {
  return { expectedVersion: versionNumber(expectedVersion) }
}

type JsonSchema = Readonly<Record<string, unknown>>

/** Its references would point beside the document that it stands in: one that has some is described as an object. */
function describedBy(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' })
  return JSON.stringify(described).includes('"$ref"') ? { type: 'object' } : described
}

/** What a patch of a document may be: nothing is required, and null takes a member away. */
function patchOf(schema: JsonSchema): JsonSchema {
  const { required: _, properties, ...rest } = schema
  if (properties === undefined) return schema
  const members = Object.entries(properties as Readonly<Record<string, JsonSchema>>)
  const patched = members.map(([name, member]) => [name, { anyOf: [patchOf(member), { type: 'null' }] }])
  return { ...rest, properties: Object.fromEntries(patched) as JsonSchema }
}

/** As JSON, whatever the schema makes of it. Issues of settings are issues of the body. */
async function answer(work: () => Promise<VersionedSettings<object>>): Promise<object> {
  try {
    const { settings, version } = await work()
    const answered = JSON.parse(JSON.stringify(settings)) as object
    versions.set(answered, version)
    return answered
  } catch (error) {
    if (!isTenancyError(error, 'SETTINGS_INVALID')) throw error
    const issues = (error.details['issues'] as readonly SettingsIssue[]).map(({ pointer, message }) => ({
      pointer: `/body${pointer}`,
      message,
    }))
    throw new TenancyError(error.code, error.message, { details: { issues }, cause: error })
  }
}

import { TenancyError } from '@partywall/tenancy-core'
import type * as z from 'zod'
import { isJsonObject, jsonProblems } from './json.ts'
import type { Json, JsonObject, JsonPath, JsonProblem } from './json.ts'
import { mergePatch } from './merge-patch.ts'

/** What a change comes to: the document to store, and what it means to the host. */
export interface ChangedSettings<Value> {
  readonly document: JsonObject
  readonly value: Value
}

/** One of `details.issues`. */
export interface SettingsIssue {
  /** A JSON pointer into the settings. */
  readonly pointer: string
  readonly message: string
}

interface Understood<Value> {
  readonly value: Value
  /** Members that the schema does not know. */
  readonly unknown: readonly JsonPath[]
}

interface Misunderstood {
  readonly issues: readonly JsonProblem[]
}

/**
 * What a stored document means to the host. Members that the schema does not know are passed over: they are of an older
 * version of the service, or of a newer one while both run.
 *
 * @throws {TenancyError} `SETTINGS_UNREADABLE`
 */
export function readSettings<Value>(schema: z.ZodType<Value>, stored: JsonObject): Value {
  const understood = understand(schema, stored)
  if ('value' in understood) return understood.value
  throw new TenancyError(
    'SETTINGS_UNREADABLE',
    `The settings that are stored are none that the schema takes: ${textOf(understood.issues)}. Let the schema take them, or replace them.`,
    { details: { issues: understood.issues.map(issueOf) } },
  )
}

/** @throws {TenancyError} `SETTINGS_INVALID` */
export function replaceDocument<Value>(schema: z.ZodType<Value>, given: unknown): ChangedSettings<Value> {
  const document = parseObject(given)
  return { document, value: accept(schema, document, () => true) }
}

/**
 * Stored members that the schema does not know stay, unless the patch touches them: a node of an older version does not
 * take away what one of a newer version wrote.
 *
 * @throws {TenancyError} `SETTINGS_INVALID`
 */
export function patchDocument<Value>(
  schema: z.ZodType<Value>,
  stored: JsonObject,
  given: unknown,
): ChangedSettings<Value> {
  const patch = parseObject(given)
  const document = mergePatch(stored, patch) as JsonObject
  return { document, value: accept(schema, document, (path) => has(patch, path)) }
}

/** A copy, as JSON writes it: what the caller changes later is not what was checked. */
function parseObject(given: unknown): JsonObject {
  const problems = isJsonObject(given) ? jsonProblems(given) : [{ path: [], message: 'Expected an object' }]
  if (problems.length > 0) throw invalid(problems)
  return JSON.parse(JSON.stringify(given)) as JsonObject
}

function accept<Value>(schema: z.ZodType<Value>, document: JsonObject, refused: (path: JsonPath) => boolean): Value {
  const understood = understand(schema, document)
  if ('issues' in understood) throw invalid(understood.issues)
  const { value, unknown } = understood
  const problems = unknown.filter((path) => refused(path)).map((path) => ({ path, message: 'Unknown setting' }))
  if (problems.length > 0) throw invalid(problems)
  return value
}

function invalid(problems: readonly JsonProblem[]): TenancyError {
  return new TenancyError('SETTINGS_INVALID', `${textOf(problems)}.`, { details: { issues: problems.map(issueOf) } })
}

function textOf(problems: readonly JsonProblem[]): string {
  return problems.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`).join('; ')
}

function issueOf({ path, message }: JsonProblem): SettingsIssue {
  const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
  return { pointer, message }
}

/** What the schema makes of a document, or what is wrong with it. */
function understand<Value>(schema: z.ZodType<Value>, document: JsonObject): Understood<Value> | Misunderstood {
  const first = schema.safeParse(document)
  const unknown = first.success ? [] : first.error.issues.flatMap((issue) => unrecognized(issue))
  const known = unknown.length === 0 ? document : without(document, unknown)
  const parsed = unknown.length === 0 ? first : schema.safeParse(known)
  if (!parsed.success) {
    return { issues: parsed.error.issues.map(({ path, message }) => ({ path: path as JsonPath, message })) }
  }
  return { value: parsed.data, unknown: [...unknown, ...dropped(known, parsed.data, [])] }
}

function unrecognized(issue: z.core.$ZodIssue): readonly JsonPath[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...(issue.path as JsonPath), key]) : []
}

/** What an object that is not strict left out in silence. */
function dropped(given: unknown, parsed: unknown, path: JsonPath): readonly JsonPath[] {
  if (Array.isArray(given) && Array.isArray(parsed)) {
    return given.flatMap((item, index) => dropped(item, parsed[index], [...path, index]))
  }
  if (!isJsonObject(given) || !isJsonObject(parsed) || Object.getPrototypeOf(parsed) !== Object.prototype) return []
  return Object.entries(given).flatMap(([key, item]) =>
    Object.hasOwn(parsed, key) ? dropped(item, parsed[key], [...path, key]) : [[...path, key]],
  )
}

function without(document: JsonObject, paths: readonly JsonPath[]): JsonObject {
  const copy = structuredClone(document)
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], copy)
    delete (parent as Record<PropertyKey, unknown>)[path.at(-1) as string]
  }
  return copy
}

/** Whether a patch says something about a member: names it, or replaces an array or an object that holds it. */
function has(patch: JsonObject, path: JsonPath): boolean {
  let at: Json | undefined = patch
  for (const key of path) {
    if (!isJsonObject(at)) return true
    if (!Object.hasOwn(at, key)) return false
    at = at[key]
  }
  return true
}

/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject

/** An object of JSON. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** The way to a member. */
export type JsonPath = readonly (string | number)[]

/** What is wrong, and where. */
export interface JsonProblem {
  readonly path: JsonPath
  readonly message: string
}

/** Deeper nesting is refused, cycles with it. */
const maxDepth = 32
/** More is refused before it is written out: each takes an octet at least. */
const maxValues = 65_536
/** Names that reach a prototype in JavaScript, whichever library merges the document later. */
const reaching: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Why a value is no JSON that PostgreSQL stores as it is and JavaScript merges safely, ten places at most.
 * Members that are `undefined` are left out by JSON, and pass.
 */
export function jsonProblems(value: unknown): readonly JsonProblem[] {
  const problems: JsonProblem[] = []
  let values = 0
  const look = (at: unknown, path: JsonPath): void => {
    values += 1
    if (problems.length >= 10 || values > maxValues) return
    const message = problemOfValue(at, path)
    if (message !== undefined) problems.push({ path, message })
    else if (Array.isArray(at)) for (const [index, item] of at.entries()) look(item, [...path, index])
    else if (isJsonObject(at)) lookInto(at, path)
  }
  const lookInto = (object: JsonObject, path: JsonPath): void => {
    for (const [key, item] of Object.entries(object)) {
      const message = problemOfKey(key)
      if (message !== undefined) problems.push({ path, message })
      else if (item !== undefined) look(item, [...path, key])
    }
  }
  look(value, [])
  return values > maxValues ? [...problems, { path: [], message: 'Expected fewer values' }] : problems
}

function problemOfKey(key: string): string | undefined {
  if (reaching.has(key)) return `Expected no member of the name ${key}`
  return problemOfText(key)
}

function problemOfText(text: string): string | undefined {
  if (text.includes('\0')) return 'Expected no NUL'
  return /\p{Surrogate}/u.test(text) ? 'Expected Unicode without lone surrogates' : undefined
}

function problemOfValue(value: unknown, path: JsonPath): string | undefined {
  if (path.length > maxDepth) return `Expected at most ${maxDepth} levels`
  if (typeof value === 'string') return problemOfText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'Expected a finite number'
  if (typeof value === 'boolean' || value === null || Array.isArray(value)) return undefined
  if (!isJsonObject(value)) return `Expected JSON, and no ${typeof value}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return 'Expected a plain object'
  return Object.getOwnPropertySymbols(value).length > 0 ? 'Expected no symbols' : undefined
}

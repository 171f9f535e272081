import { isJsonObject } from './json.ts'
import type { Json, JsonObject } from './json.ts'

/**
 * What RFC 7396 makes of a document and a patch: objects are merged, `null` takes a member away, and anything else, arrays
 * included, takes the place of what was there. Neither argument is changed. The keys are those that {@link jsonProblems}
 * lets pass: with `__proto__` among them, this would write into the prototype of every object.
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const merged: Record<string, Json> = isJsonObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    // Own members alone: every object inherits a `toString`.
    else merged[key] = mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value)
  }
  return merged satisfies JsonObject
}

import { displayName } from '../../sql/identifier.ts'
import { outwardText } from '../outward-triggers.ts'
import type { Reactions } from '../read-reactions.ts'
import type { PlannedRow } from '../rows/plan-rows.ts'
import { functionCalls, uncallableReason } from './function-calls.ts'
import { lookAtRelation, lookThroughCall, type Look } from './look.ts'
import type { FunctionSurface, RelationSurface, Surfaces } from './surface.ts'

/** What calls are made for. */
export interface Neighbour {
  readonly rows: readonly PlannedRow[]
  readonly organization: string
  readonly keyType: string
}

/** A surface by its name, and how A looks at it. */
export interface NamedSurface {
  readonly name: string
  readonly isRelation: boolean
  /** Why it is not looked at; undefined when it is. */
  readonly reason: string | undefined
  readonly looks: (neighbour: Neighbour) => readonly Look[]
}

const kinds = { r: 'table', p: 'table', v: 'view', m: 'materialized view', f: 'foreign table' } as const

/** Everything that A can look at, with a reason where it must not: whatever is not undone by a rollback is not set off. */
export function namedSurfaces({ relations, functions }: Surfaces, reactions: Reactions): readonly NamedSurface[] {
  return [
    ...relations.map((relation) => {
      const name = `${kinds[relation.kind]} ${displayName(relation)}`
      return {
        name,
        isRelation: true,
        reason: relationReason(relation, reactions),
        looks: () => [lookAtRelation(name, relation)],
      }
    }),
    ...functions.map((one) => {
      const name = `${one.kind} ${displayName(one)}(${one.signature})`
      return {
        name,
        isRelation: false,
        reason: uncallable(one, reactions),
        looks: (neighbour: Neighbour) => functionCalls(one, neighbour).map((call) => lookThroughCall(name, call)),
      }
    }),
  ]
}

function relationReason(relation: RelationSurface, reactions: Reactions): string | undefined {
  if (relation.kind === 'f') return 'its rows are elsewhere'
  return relation.definition === null ? undefined : outwardText(relation.definition, reactions)
}

/** Why the function is not called; undefined when it is. */
export function uncallable(one: FunctionSurface, reactions: Reactions): string | undefined {
  return uncallableReason(one) ?? functionReason(one, reactions)
}

function functionReason(one: FunctionSurface, reactions: Reactions): string | undefined {
  if (one.language !== 'sql' && one.language !== 'plpgsql') return `it is written in ${one.language}`
  const bodies = reactions.functions.filter((known) => known.name === one.name && known.schema === one.schema)
  for (const { body, path } of bodies) {
    const reason = outwardText(body, reactions, path)
    if (reason !== undefined) return reason
  }
  return undefined
}

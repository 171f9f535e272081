import { nodesOf, wordOf, type Expression } from './expression.ts'
import type { FunctionFacts, PolicyFacts, PolicyWorld } from './policy-facts.ts'
import { eachPolicy, type PolicyRule } from './policy-rule.ts'
import { readsContext } from './tenant-binding.ts'

interface Call {
  readonly id: string
  readonly called: FunctionFacts
}

/** The functions that a policy calls, once each. */
function callsOf({ using, check }: PolicyFacts, { functions }: PolicyWorld): readonly Call[] {
  const ids = [using, check]
    .filter((one): one is Expression => one !== null)
    .flatMap(({ tree }) => nodesOf(tree).map(({ node }) => wordOf(node, 'funcid')))
  return [...new Set(ids)].flatMap((id) => {
    const called = functions.get(id)
    return called === undefined ? [] : [{ id, called }]
  })
}

export const policyImmutableContext: PolicyRule = eachPolicy(
  {
    name: 'policy-immutable-context',
    promise: 'a function that reads the context is not IMMUTABLE',
    risk: 'The value is folded into a prepared plan: the next organization on the connection executes the plan of the one before.',
    remedy: 'Make the function STABLE.',
    severity: 'error',
  },
  (policy, world) => {
    const found = callsOf(policy, world).find(
      ({ id, called }) => called.volatility === 'i' && called.schema !== 'pg_catalog' && readsContext(id, world),
    )?.called
    if (found === undefined) return undefined
    return {
      detail: `it calls ${found.signature}, which is IMMUTABLE`,
      fix: [`alter function ${found.signature} stable`],
    }
  },
)

export const policyVolatileFunction: PolicyRule = eachPolicy(
  {
    name: 'policy-volatile-function',
    promise: 'a policy calls no VOLATILE function',
    risk: 'The function runs for every row of every organization, no index helps, and its answer may differ from row to row.',
    remedy: 'Make the function STABLE, when it changes nothing.',
    severity: 'warning',
  },
  (policy, world) => {
    const found = callsOf(policy, world).find(({ called }) => called.volatility === 'v')?.called
    if (found === undefined) return undefined
    return {
      detail: `it calls ${found.signature}, which is VOLATILE`,
      fix: found.schema === 'pg_catalog' ? [] : [`alter function ${found.signature} stable`],
    }
  },
)

/** What stands between the brackets of each COALESCE. */
function coalesces(source: string): readonly string[] {
  return [...source.matchAll(/coalesce\s*\(/gi)].map(({ index, 0: { length } }) => {
    let [end, open] = [index + length, 1]
    for (; open > 0 && end < source.length; end += 1) open += source[end] === '(' ? 1 : source[end] === ')' ? -1 : 0
    return source.slice(index + length, end - 1)
  })
}

/** One of the setting, with something else behind the comma than '', which makes a missing context an empty one. */
const fallsBack = (source: string): boolean =>
  coalesces(source).some((inside) => /current_setting/i.test(inside) && !/,\s*''(::text)?\s*$/.test(inside))

export const accessorFallsBack: PolicyRule = eachPolicy(
  {
    name: 'accessor-falls-back',
    promise: 'a function that reads the context has no answer when there is none',
    risk: 'Whoever forgets the context is a member of the organization that the function falls back to.',
    remedy: 'Let it raise an error, or give NULL.',
    severity: 'error',
  },
  (policy, world) => {
    // The plan says word for word what the accessors of the control plane are.
    const { plan, settings } = world.context
    const found = callsOf(policy, world).find(
      ({ id, called }) =>
        called.schema !== 'pg_catalog' &&
        (plan.steps.length === 0 || called.schema !== settings.controlSchema) &&
        readsContext(id, world) &&
        fallsBack(called.source),
    )?.called
    return found === undefined ? undefined : { detail: `it calls ${found.signature}, which has a COALESCE` }
  },
)

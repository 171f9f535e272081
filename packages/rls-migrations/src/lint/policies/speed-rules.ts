import { nodesOf, ownColumn, ownColumns, wordOf, type Visited } from './expression.ts'
import type { TreeNode } from './node-tree.ts'
import type { PolicyFacts, PolicyWorld } from './policy-facts.ts'
import { eachPolicy, type PolicyRule } from './policy-rule.ts'
import { readsContext } from './tenant-binding.ts'

const isInQuery = ({ within }: Visited): boolean => within.some((one) => one.tag === 'SUBLINK')

/** On the shards of Citus a policy has no queries: there the plain call is the right one. */
export const policyPerRowCall: PolicyRule = eachPolicy(
  {
    name: 'policy-per-row-call',
    promise: 'the context is read once a statement',
    risk: 'It is read for every row that the statement looks at, of whatever organization: seconds instead of milliseconds on large tables.',
    remedy: 'Write (select f()) for f().',
    severity: 'warning',
  },
  (policy, world) => {
    const { using } = policy
    if (using === null || world.context.settings.engine === 'citus') return undefined
    const bare = nodesOf(using.tree).filter(
      (visited) => !isInQuery(visited) && readsContext(wordOf(visited.node, 'funcid'), world),
    )
    const called = bare.flatMap(({ node }) => world.functions.get(wordOf(node, 'funcid')) ?? [])
    if (called.length === 0) return undefined
    const names = [...new Set(called.map(({ schema, name }) => (schema === 'pg_catalog' ? name : `${schema}.${name}`)))]
    return { detail: `it calls ${names.join(', ')} for every row`, fix: wrapped(policy, names) }
  },
)

/** Only where no query is there already: which of two calls is bare, the text does not tell. */
function wrapped({ using, relation, quotedName }: PolicyFacts, names: readonly string[]): readonly string[] {
  const text = using?.text ?? ''
  if (/\bselect\b/i.test(text) || !names.every((name) => /^[a-z_][a-z0-9_.]*$/.test(name))) return []
  const call = new RegExp(
    `(?<![\\w."])(?:${names.map((name) => name.replaceAll('.', '\\.')).join('|')})\\((?:[^()']|'(?:[^']|'')*')*\\)`,
    'g',
  )
  const changed = text.replaceAll(call, (found) => `(select ${found})`)
  return changed === text ? [] : [`alter policy ${quotedName} on ${relation} using (${changed})`]
}

const COMPARED_AS_IT_IS = ['OPEXPR', 'SCALARARRAYOPEXPR', 'RELABELTYPE', 'SUBLINK', 'NULLTEST', 'BOOLEXPR']

export const policyCastsColumn: PolicyRule = eachPolicy(
  {
    name: 'policy-casts-column',
    promise: 'the tenant column is compared as it is',
    risk: 'No index over the column serves the policy: every statement reads the rows of all organizations.',
    remedy: 'Cast the context to the type of the column.',
    severity: 'warning',
  },
  (policy) => {
    const hasCast = [policy.using, policy.check].some(
      (one) => one !== null && nodesOf(one.tree).some((visited) => isChanged(visited, policy)),
    )
    return hasCast ? { detail: 'it casts the tenant column, or calls a function with it' } : undefined
  },
)

function isChanged(visited: Visited, { tenant }: PolicyFacts): boolean {
  if (tenant === null || ownColumn(visited) !== tenant || visited.depth > 0) return false
  const around = visited.within.find((one) => one.tag !== 'RELABELTYPE')
  return around !== undefined && !COMPARED_AS_IT_IS.includes(around.tag)
}

export const policyTakesEmptyText: PolicyRule = eachPolicy(
  {
    name: 'policy-takes-empty-text',
    promise: 'an empty setting is no context',
    risk: "After a transaction with a local setting the setting is '' and not NULL: a cast of it fails, or '' is an organization.",
    remedy: "Write nullif(current_setting(..., true), ''), or call a function that does.",
    severity: 'info',
  },
  ({ using, check }, world) => {
    const found = [using, check].some(
      (one) => one !== null && nodesOf(one.tree).some(({ node, within }) => readsSoftly(node, { within, world })),
    )
    return found ? { detail: 'it reads the setting itself, and an empty one is not sorted out' } : undefined
  },
)

/** `current_setting(name, true)`: with one argument a setting that was never set raises. */
function readsSoftly(
  node: TreeNode,
  { within, world }: { readonly within: readonly TreeNode[]; readonly world: PolicyWorld },
): boolean {
  const called = world.functions.get(wordOf(node, 'funcid'))
  return (
    called?.schema === 'pg_catalog' &&
    called.name === 'current_setting' &&
    called.signature.includes(',') &&
    !within.some((one) => one.tag === 'NULLIFEXPR' || one.tag === 'NULLTEST') &&
    ownColumns(node).length === 0
  )
}

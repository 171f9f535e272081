import {
  argumentsOf,
  booleanOf,
  constantOf,
  isCoalesce,
  nodesOf,
  ownColumn,
  ownColumns,
  wordOf,
  type Expression,
} from './expression.ts'
import type { TreeNode } from './node-tree.ts'
import type { PolicyFacts, PolicyWorld } from './policy-facts.ts'
import { eachPolicy, type PolicyRule } from './policy-rule.ts'
import { armsOf, bindsTenant, mentionsContext } from './tenant-binding.ts'

const expressionsOf = ({ using, check }: PolicyFacts): readonly Expression[] =>
  [using, check].filter((one) => one !== null)

/** The arms of every OR that stands beside an arm with the tenant, and have none themselves. */
function looseArms(policy: PolicyFacts, world: PolicyWorld): readonly TreeNode[] {
  return expressionsOf(policy).flatMap(({ tree }) =>
    nodesOf(tree)
      .filter(({ node, within }) => booleanOf(node) === 'or' && within.every((one) => booleanOf(one) !== undefined))
      .flatMap(({ node }) => {
        const arms = armsOf(node, 'or')
        const loose = arms.filter((arm) => !bindsTenant(arm, policy, world))
        return loose.length === arms.length ? [] : loose
      }),
  )
}

/** Whether an arm is true for somebody who brings no context: it asks whether there is none. */
function asksForNoContext(arm: TreeNode, world: PolicyWorld): boolean {
  return nodesOf(arm).some(
    ({ node, depth }) =>
      (node.tag === 'NULLTEST' && wordOf(node, 'nulltesttype') === '0' && isOnlyContext(node, { world, depth })) ||
      (node.tag === 'OPEXPR' && isEmptyText(node) && isOnlyContext(node, { world, depth })),
  )
}

function isOnlyContext(node: TreeNode, { world, depth }: { world: PolicyWorld; depth: number }): boolean {
  return ownColumns(node, depth).length === 0 && mentionsContext(node, world)
}

/** A text constant without a character: its four bytes of length, and nothing behind. */
function isEmptyText(operator: TreeNode): boolean {
  return argumentsOf(operator).some(
    (one) => one.tag === 'CONST' && wordOf(one, 'constlen') === '-1' && wordOf(one, 'constvalue') === '4',
  )
}

export const policyOpenWithoutContext: PolicyRule = eachPolicy(
  {
    name: 'policy-open-without-context',
    promise: 'a session without a context sees nothing',
    risk: 'A job, a console or a request that forgot its context reads and writes the rows of all organizations.',
    remedy: 'Let a missing context raise an error; give what must see everything a role of its own.',
    severity: 'error',
  },
  (policy, world) => {
    if (looseArms(policy, world).some((arm) => asksForNoContext(arm, world)))
      return { detail: 'it lets everything through when there is no context' }
    const tolerant = expressionsOf(policy).some(({ tree }) => tolerates(tree, policy, world))
    return tolerant ? { detail: 'without a context it compares a row with itself, or NULL with NULL' } : undefined
  },
)

/** `coalesce(context, column)`, and IS NOT DISTINCT FROM, for which NULL is like NULL. */
function tolerates(tree: TreeNode, policy: PolicyFacts, world: PolicyWorld): boolean {
  return nodesOf(tree).some(({ node, depth, within }) => {
    const columns = ownColumns(node, depth)
    if (isCoalesce(node)) return columns.length > 0 && mentionsContext(node, world)
    const isNegated = within[0] !== undefined && booleanOf(within[0]) === 'not'
    return (
      node.tag === 'DISTINCTEXPR' &&
      isNegated &&
      policy.tenant !== null &&
      columns.includes(policy.tenant) &&
      mentionsContext(node, world)
    )
  })
}

export const policyOrBypass: PolicyRule = eachPolicy(
  {
    name: 'policy-or-bypass',
    promise: 'no setting or role opens the wall from inside',
    risk: 'Whoever can run SQL, injected SQL included, sets the setting and reads every organization.',
    remedy: 'Take the case out of the policy; give what must see everything a role with a policy of its own.',
    severity: 'error',
  },
  (policy, world) => {
    const arm = looseArms(policy, world).find(
      (one) => ownColumns(one).length === 0 && !asksForNoContext(one, world) && constantOf(one) !== false,
    )
    if (arm === undefined) return undefined
    return {
      detail:
        constantOf(arm) === true ? 'it has a case that is always true' : 'it has a case that asks nothing of the row',
    }
  },
)

export const policyOtherRows: PolicyRule = eachPolicy(
  {
    name: 'policy-other-rows',
    promise: 'a policy shows the rows of one organization',
    risk: 'Rows of other organizations are seen, and may be changed, as soon as one of their columns says so.',
    remedy: 'Keep what all organizations share in a table of its own; else see that only SELECT has the case.',
    severity: 'warning',
  },
  (policy, world) =>
    looseArms(policy, world).some((arm) => ownColumns(arm).length > 0 && !asksForNoContext(arm, world))
      ? { detail: 'it has a case for rows of whatever organization' }
      : undefined,
)

const patterns = ['~~', '~~*', '!~~', '!~~*', '~', '~*', '!~', '!~*', '^@']

export const policyPatternMatch: PolicyRule = eachPolicy(
  {
    name: 'policy-pattern-match',
    promise: 'the context is compared, and not a pattern',
    risk: 'A context of % or .* is every organization, and an empty one is the beginning of all of them.',
    remedy: 'Compare with =.',
    severity: 'error',
  },
  (policy, world) => {
    const found = expressionsOf(policy).flatMap(({ tree }) =>
      nodesOf(tree).filter(
        ({ node }) =>
          patterns.includes(world.operators.get(wordOf(node, 'opno')) ?? '') && mentionsContext(node, world),
      ),
    )
    return found.length === 0 ? undefined : { detail: 'it takes the context for a pattern' }
  },
)

export const policyConstantTenant: PolicyRule = eachPolicy(
  {
    name: 'policy-constant-tenant',
    promise: 'no policy names an organization',
    risk: 'Everybody whom the policy is about sees the rows of that one organization.',
    remedy: 'Compare with the context.',
    severity: 'error',
  },
  (policy, world) => {
    const isConstant = (one: TreeNode): boolean => one.tag === 'CONST' && wordOf(one, 'constisnull') === 'false'
    const found = expressionsOf(policy).some(({ tree }) =>
      nodesOf(tree).some(
        ({ node, depth }) =>
          node.tag === 'OPEXPR' &&
          world.operators.get(wordOf(node, 'opno')) === '=' &&
          argumentsOf(node).some(isConstant) &&
          argumentsOf(node).some(
            (one) => policy.tenant !== null && ownColumn({ node: one, depth, within: [] }) === policy.tenant,
          ),
      ),
    )
    return found ? { detail: 'it compares the organization of the row with a constant' } : undefined
  },
)

import { argumentsOf, booleanOf, isCoalesce, nodesOf, ownColumns, wordOf, type Expression } from './expression.ts'
import type { TreeNode } from './node-tree.ts'
import type { PolicyFacts, PolicyWorld } from './policy-facts.ts'

type Known = Pick<PolicyWorld, 'functions' | 'operators' | 'context'>

/** Whether a function tells what the session carries: the server's own, the accessors, and what is built on them. */
export function readsContext(id: string, { functions, context }: Known): boolean {
  const found = functions.get(id)
  if (found === undefined) return false
  if (found.schema === 'pg_catalog') return found.name === 'current_setting'
  return (
    found.schema === context.settings.controlSchema || /current_setting|current_user|session_user/i.test(found.source)
  )
}

/** CURRENT_ROLE, CURRENT_USER, USER and SESSION_USER, as numbers of the server. */
const roleWords = ['9', '10', '11', '12']

export function isDatabaseRole(node: TreeNode): boolean {
  return node.tag === 'SQLVALUEFUNCTION' && roleWords.includes(wordOf(node, 'op'))
}

export function mentionsContext(tree: TreeNode, known: Known): boolean {
  return nodesOf(tree).some(({ node }) => isDatabaseRole(node) || readsContext(wordOf(node, 'funcid'), known))
}

/** The arms of an AND or an OR, those of nested ones of the same kind included. */
export function armsOf(tree: TreeNode, kind: 'and' | 'or'): readonly TreeNode[] {
  return booleanOf(tree) === kind ? argumentsOf(tree).flatMap((arm) => armsOf(arm, kind)) : [tree]
}

/** Whether every row that passes has the organization of the context, or one of those that it leads to. */
export function bindsTenant(tree: TreeNode, policy: PolicyFacts, known: Known): boolean {
  const kind = booleanOf(tree)
  if (kind === 'and') return argumentsOf(tree).some((arm) => bindsTenant(arm, policy, known))
  if (kind === 'or') return argumentsOf(tree).every((arm) => bindsTenant(arm, policy, known))
  if (kind === 'not' || policy.tenant === null) return false
  return (
    isEquality(tree, known) &&
    ownColumns(tree).includes(policy.tenant) &&
    mentionsContext(tree, known) &&
    !nodesOf(tree).some(({ node, depth }) => isCoalesce(node) && ownColumns(node, depth).length > 0)
  )
}

/** A comparison for equality, with one value, with a list, or with what a query gives. */
function isEquality(tree: TreeNode, { operators }: Known): boolean {
  if (tree.tag === 'SUBLINK') return true
  const equal = operators.get(wordOf(tree, 'opno')) === '='
  return equal && (tree.tag === 'OPEXPR' || (tree.tag === 'SCALARARRAYOPEXPR' && wordOf(tree, 'useOr') === 'true'))
}

export const binds = (expression: Expression | null, policy: PolicyFacts, known: Known): boolean =>
  expression !== null && bindsTenant(expression.tree, policy, known)

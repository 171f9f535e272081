import { isNode, type TreeNode, type TreeValue } from './node-tree.ts'

/** One of the two expressions of a policy. */
export interface Expression {
  readonly tree: TreeNode
  /** As the server prints it, every name with its schema. */
  readonly text: string
}

/** A node of an expression, with what is around it. */
export interface Visited {
  readonly node: TreeNode
  /** How many queries it stands in. */
  readonly depth: number
  /** The nodes around it, the innermost first. */
  readonly within: readonly TreeNode[]
}

/** Every node of an expression, itself first. */
export function nodesOf(tree: TreeNode, around: Omit<Visited, 'node'> = { depth: 0, within: [] }): readonly Visited[] {
  const inside = {
    depth: around.depth + (tree.tag === 'QUERY' ? 1 : 0),
    within: [tree, ...around.within],
  }
  return [
    { node: tree, ...around, depth: inside.depth },
    ...childrenOf(tree).flatMap((child) => nodesOf(child, inside)),
  ]
}

/** The nodes right below one. */
export function childrenOf({ fields }: TreeNode): readonly TreeNode[] {
  return Object.values(fields).flatMap((values) => values.flatMap(nodesIn))
}

function nodesIn(value: TreeValue): readonly TreeNode[] {
  if (typeof value === 'string') return []
  return isNode(value) ? [value] : value.flatMap(nodesIn)
}

/** The arguments of a function, an operator or AND, OR and NOT. */
export function argumentsOf({ fields }: TreeNode): readonly TreeNode[] {
  return (fields['args'] ?? fields['arg'] ?? []).flatMap(nodesIn)
}

export function wordOf({ fields }: TreeNode, field: string): string {
  const [word] = fields[field] ?? []
  return typeof word === 'string' ? word : ''
}

/** The number of a column of the policy's own table, if the node is one, from however deep it looks out. */
export function ownColumn({ node, depth }: Visited): number | undefined {
  if (node.tag !== 'VAR' || wordOf(node, 'varno') !== '1' || Number(wordOf(node, 'varlevelsup')) !== depth)
    return undefined
  return Number(wordOf(node, 'varattno'))
}

/** The columns of the policy's own table that an expression, which stands in `depth` queries, is about. */
export function ownColumns(tree: TreeNode, depth = 0): readonly number[] {
  return nodesOf(tree, { depth, within: [] }).flatMap((visited) => ownColumn(visited) ?? [])
}

const BOOLEAN = '16'

/** The value of a constant of type boolean; undefined for everything else, and for NULL. */
export function constantOf(tree: TreeNode): boolean | undefined {
  if (tree.tag !== 'CONST' || wordOf(tree, 'consttype') !== BOOLEAN || wordOf(tree, 'constisnull') === 'true')
    return undefined
  const bytes = (tree.fields['constvalue'] ?? []).filter((value) => typeof value === 'string')
  return bytes[bytes.indexOf('[') + 1] === '1'
}

/** AND, OR and NOT. */
export function booleanOf(tree: TreeNode): 'and' | 'or' | 'not' | undefined {
  const word = wordOf(tree, 'boolop')
  return tree.tag === 'BOOLEXPR' && (word === 'and' || word === 'or' || word === 'not') ? word : undefined
}

/** Older servers call some nodes otherwise. */
export const isCoalesce = ({ tag }: TreeNode): boolean => tag === 'COALESCE' || tag === 'COALESCEEXPR'
export const isRelation = ({ tag }: TreeNode): boolean => tag === 'RTE' || tag === 'RANGETBLENTRY'

/** A node of `explain (format json)`, as far as conditions go. */
export interface PlanNode {
  readonly 'Relation Name'?: string
  readonly Alias?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Filter?: string
  readonly Plans?: readonly PlanNode[]
}

/** What finds rows of a relation, and what throws rows away again. */
export interface RelationConditions {
  readonly relation: string
  readonly alias: string
  readonly indexes: readonly string[]
  /** Single conditions, as the server writes them. */
  readonly found: readonly string[]
  readonly filtered: readonly string[]
}

/** The conditions of each relation that a plan reads. */
export function conditionsOf(node: PlanNode): readonly RelationConditions[] {
  const relation = node['Relation Name']
  const plans = node.Plans ?? []
  if (relation === undefined) return plans.flatMap(conditionsOf)
  // Below a bitmap heap scan the index scans name no relation.
  const scans = [node, ...plans.flatMap(bitmapScans)]
  const own: RelationConditions = {
    relation,
    alias: node.Alias ?? relation,
    indexes: scans.flatMap((scan) => scan['Index Name'] ?? []),
    found: scans.flatMap((scan) => conjuncts(scan['Index Cond'])),
    filtered: conjuncts(node.Filter),
  }
  return [own, ...plans.flatMap(conditionsOf)]
}

function bitmapScans(node: PlanNode): readonly PlanNode[] {
  return node['Relation Name'] === undefined ? [node, ...(node.Plans ?? []).flatMap(bitmapScans)] : []
}

/** `((a = 1) AND (b = 2))` gives `(a = 1)` and `(b = 2)`. */
export function conjuncts(condition: string | undefined): readonly string[] {
  if (condition === undefined) return []
  const parts: string[] = []
  let depth = 0
  let from = 1
  const isList = /^\(.*\)$/s.test(condition)
  for (const match of condition.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]| AND /g)) {
    if (match[0] === '(') depth += 1
    if (match[0] === ')') depth -= 1
    if (match[0] !== ' AND ' || depth !== 1) continue
    parts.push(condition.slice(from, match.index))
    from = match.index + match[0].length
  }
  return parts.length === 0 || !isList ? [condition] : [...parts, condition.slice(from, -1)]
}

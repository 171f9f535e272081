/**
 * An expression as the server keeps it: parsed, with every function, operator and column by its number. Reading it tells
 * for certain what a policy does; reading its text would be guessing at the grammar, and at the search path of its author.
 */
export interface TreeNode {
  readonly tag: string
  readonly fields: Readonly<Record<string, readonly TreeValue[]>>
}

export type TreeValue = TreeNode | readonly TreeValue[] | string

/** Reads the text of a `pg_node_tree`. The format names every field, so that fields of newer versions are no trouble. */
export function parseNodeTree(text: string): TreeNode {
  const [first] = new TreeReader(text).values()
  if (first === undefined || !isNode(first)) throw new Error('a node tree begins with a node')
  return first
}

export function isNode(value: TreeValue): value is TreeNode {
  return typeof value === 'object' && 'tag' in value
}

/** A word, a bracket, or white space; a backslash takes its meaning from the character behind it. */
const token = /[{}()]|(?:\\[\s\S]|[^\s{}()\\])+/g

class TreeReader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#tokens = text.match(token) ?? []
  }

  /** Everything up to the bracket that closes, or to the end. */
  values(): readonly TreeValue[] {
    const values: TreeValue[] = []
    for (let next = this.#next(); next !== undefined && next !== ')' && next !== '}'; next = this.#next())
      values.push(this.#value(next))
    return values
  }

  #next(): string | undefined {
    return this.#tokens[this.#at++]
  }

  #value(word: string): TreeValue {
    if (word === '(') return this.values()
    return word === '{' ? this.#node() : word.replaceAll(/\\([\s\S])/g, '$1')
  }

  #node(): TreeNode {
    const tag = this.#next() ?? ''
    const fields: Record<string, TreeValue[]> = {}
    let values: TreeValue[] | undefined
    for (let next = this.#next(); next !== undefined && next !== '}'; next = this.#next()) {
      // A field has a value always, and what stands for a value may begin with a colon.
      if (next.startsWith(':') && values?.length !== 0) fields[next.slice(1)] = values = []
      else values?.push(this.#value(next))
    }
    return { tag, fields }
  }
}

/** What Prisma's schema says of a model and its data model at run time does not. */
export interface SchemaModel {
  readonly fields: ReadonlyMap<string, SchemaField>
  /** `@id`, `@unique`, `@@id` and `@@unique`, under the names that `where` knows them by. */
  readonly keys: readonly SchemaKey[]
}

export interface SchemaField {
  readonly isList: boolean
  readonly isOptional: boolean
  /** The fields that hold the foreign key of a relation; none on its other side. */
  readonly foreignKey: readonly string[]
}

export interface SchemaKey {
  readonly name: string
  readonly fields: readonly string[]
}

type Token = string

const tokens = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\n|\w+|@@|\S/g
const closing: ReadonlyMap<Token, Token> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
])

/**
 * Reads the models of a schema in Prisma's own language, as far as a filter needs them: lists, foreign keys and unique
 * keys. The text must be one that Prisma has accepted.
 */
export function readSchema(schema: string): ReadonlyMap<string, SchemaModel> {
  const text = (schema.match(tokens) ?? []).filter((token) => !token.startsWith('//') && !token.startsWith('/*'))
  const models = new Map<string, SchemaModel>()
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '{') continue
    const end = endOf(text, at)
    const [kind, name] = text.slice(Math.max(at - 2, 0), at)
    if ((kind === 'model' || kind === 'view') && name !== undefined) {
      models.set(name, readModel(linesOf(text.slice(at + 1, end))))
    }
    at = end
  }
  return models
}

function readModel(lines: readonly (readonly Token[])[]): SchemaModel {
  const fields = new Map<string, SchemaField>()
  const keys: SchemaKey[] = []
  for (const line of lines) {
    const [name = ''] = line
    if (name === '@@') keys.push(...compoundKeyOf(line))
    else {
      fields.set(name, readField(line))
      if (hasAttribute(line, 'id') || hasAttribute(line, 'unique')) keys.push({ name, fields: [name] })
    }
  }
  return { fields, keys }
}

function readField(line: readonly Token[]): SchemaField {
  const relation = line.findIndex((token, index) => token === 'relation' && line[index - 1] === '@')
  const type = line.slice(1, line.indexOf('@') === -1 ? undefined : line.indexOf('@'))
  return {
    isList: type.at(-1) === ']',
    isOptional: type.at(-1) === '?',
    foreignKey: relation === -1 ? [] : namesIn(argumentsAt(line, relation + 1), 'fields'),
  }
}

/** `@@unique([a, b(sort: Desc)], name: "x")`, and the same with `fields:`. */
function compoundKeyOf(line: readonly Token[]): readonly SchemaKey[] {
  if (line[1] !== 'id' && line[1] !== 'unique') return []
  const given = argumentsAt(line, 2)
  const fields = namesIn(given, given.includes('fields') ? 'fields' : undefined)
  const name = given.findIndex((token, index) => token === 'name' && given[index + 1] === ':')
  return [{ name: name === -1 ? fields.join('_') : (given[name + 2] ?? '').slice(1, -1), fields }]
}

/** The names in the first list, or in the list of an argument; what stands in parentheses behind a name is an option. */
function namesIn(given: readonly Token[], argument: string | undefined): readonly string[] {
  const from = argument === undefined ? 0 : given.indexOf(argument)
  const start = from === -1 ? -1 : given.indexOf('[', from)
  if (start === -1) return []
  const names: string[] = []
  const end = endOf(given, start)
  for (let at = start + 1; at < end; at += 1) {
    const token = given[at] as Token
    if (token === '(') at = endOf(given, at)
    else if (/^\w/.test(token)) names.push(token)
  }
  return names
}

function argumentsAt(line: readonly Token[], index: number): readonly Token[] {
  return line[index] === '(' ? line.slice(index + 1, endOf(line, index)) : []
}

function hasAttribute(line: readonly Token[], attribute: string): boolean {
  return line.some((token, index) => token === attribute && line[index - 1] === '@')
}

/** The members of a block: a line break in parentheses or brackets ends none. */
function linesOf(block: readonly Token[]): readonly (readonly Token[])[] {
  const lines: Token[][] = [[]]
  for (let at = 0; at < block.length; at += 1) {
    const token = block[at] as Token
    if (token === '\n') {
      lines.push([])
      continue
    }
    const end = closing.has(token) ? endOf(block, at) : at
    lines.at(-1)?.push(...block.slice(at, end + 1).filter((inner) => inner !== '\n'))
    at = end
  }
  return lines.filter((line) => line.length > 0)
}

/** Where the bracket that opens at `start` closes. */
function endOf(text: readonly Token[], start: number): number {
  const open = text[start] as Token
  const close = closing.get(open)
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === open) depth += 1
    if (text[at] === close) depth -= 1
    if (depth === 0) return at
  }
  return text.length - 1
}

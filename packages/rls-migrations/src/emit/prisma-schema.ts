/** A model of a Prisma schema, as far as its database goes. Lines are numbered from 0. */
export interface PrismaModel {
  readonly name: string
  /** The table: `@@map`, or the name of the model. */
  readonly table: string
  /** `@@schema`; null when there is none. */
  readonly schema: string | null
  readonly firstLine: number
  readonly lastLine: number
  readonly fields: readonly PrismaField[]
  readonly attributes: readonly PrismaAttribute[]
}

export interface PrismaField {
  readonly line: number
  readonly name: string
  /** The column: `@map`, or the name of the field. */
  readonly column: string
  /** Without `?` and `[]`. */
  readonly type: string
  readonly isList: boolean
  readonly attributes: readonly PrismaAttribute[]
}

/** `@relation(...)` or `@@index(...)`: where it stands in its line, and what it says. */
export interface PrismaAttribute {
  readonly line: number
  readonly start: number
  readonly end: number
  /** Without the at signs. */
  readonly name: string
  /** Each as it is written: `[a, b(sort: Desc)]`, `map: "x"`. */
  readonly arguments: readonly string[]
}

/** Reads the models of a schema. What it does not know it leaves alone: the text is what is changed, line by line. */
export function readPrismaModels(lines: readonly string[]): readonly PrismaModel[] {
  const models: PrismaModel[] = []
  let start: { name: string; line: number } | undefined
  for (const [line, text] of lines.entries()) {
    const opened = /^\s*model\s+(\w+)\s*\{/.exec(text)
    if (opened !== null) start = { name: opened[1] as string, line }
    else if (start !== undefined && /^\s*\}/.test(text)) {
      models.push(modelOf(lines, start, line))
      start = undefined
    }
  }
  return models
}

/** The value of a named argument, as it is written; undefined when it is not there. */
export function argumentOf(attribute: PrismaAttribute, name: string): string | undefined {
  const found = attribute.arguments.find((one) => new RegExp(`^${name}\\s*:`).test(one))
  return found?.slice(found.indexOf(':') + 1).trim()
}

/** The names in a list argument: `[a, b(sort: Desc)]` gives `a` and `b`. */
export function listOf(argument: string | undefined): readonly string[] {
  return splitArguments((argument ?? '').replace(/^\[|\]$/g, '')).map((one) => one.replace(/\(.*$/s, '').trim())
}

/** The list of fields of `@@id`, `@@unique` and `@@index`: the first argument, with or without its name. */
export function fieldsArgument(attribute: PrismaAttribute): string | undefined {
  return argumentOf(attribute, 'fields') ?? attribute.arguments.find((one) => one.startsWith('['))
}

export function unquoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as string)
}

function modelOf(
  lines: readonly string[],
  { name, line }: { name: string; line: number },
  lastLine: number,
): PrismaModel {
  const body = lines.slice(line + 1, lastLine).map((text, at) => ({ text, line: line + 1 + at }))
  const attributes = body.filter(({ text }) => /^\s*@@/.test(text)).flatMap((one) => attributesOf(one.text, one.line))
  const fields = body.filter(({ text }) => /^\s*\w+\s+\w/.test(text)).map((one) => fieldOf(one.text, one.line))
  const first = (attribute: string): string | undefined => {
    const found = attributes.find((one) => one.name === attribute)
    return found === undefined ? undefined : unquoted(argumentOf(found, 'name') ?? found.arguments[0])
  }
  return {
    name,
    table: first('map') ?? name,
    schema: first('schema') ?? null,
    firstLine: line,
    lastLine,
    fields,
    attributes,
  }
}

function fieldOf(text: string, line: number): PrismaField {
  const [, name = '', type = '', list] = /^\s*(\w+)\s+(\w+)(\[\])?/.exec(text) ?? []
  const attributes = attributesOf(text, line)
  const map = attributes.find((one) => one.name === 'map')
  const column = map === undefined ? undefined : unquoted(argumentOf(map, 'name') ?? map.arguments[0])
  return { line, name, column: column ?? name, type, isList: list !== undefined, attributes }
}

function attributesOf(text: string, line: number): readonly PrismaAttribute[] {
  const found: PrismaAttribute[] = []
  const pattern = /\/\/.*$|"(?:[^"\\]|\\.)*"|(@@?)([\w.]+)/g
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[2] === undefined) continue
    const opened = text[pattern.lastIndex] === '('
    const end = opened ? closing(text, pattern.lastIndex) + 1 : pattern.lastIndex
    const inner = opened ? text.slice(pattern.lastIndex + 1, end - 1) : ''
    found.push({ line, start: match.index, end, name: match[2], arguments: splitArguments(inner) })
    pattern.lastIndex = end
  }
  return found
}

function closing(text: string, from: number): number {
  let depth = 0
  const pattern = /"(?:[^"\\]|\\.)*"|[()[\]]/g
  pattern.lastIndex = from
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === '(' || match[0] === '[') depth += 1
    if ((match[0] === ')' || match[0] === ']') && --depth === 0) return match.index
  }
  return text.length - 1
}

function splitArguments(text: string): readonly string[] {
  const parts: string[] = []
  let from = 0
  let depth = 0
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"|[()[\],]/g)) {
    if (match[0] === '(' || match[0] === '[') depth += 1
    if (match[0] === ')' || match[0] === ']') depth -= 1
    if (match[0] !== ',' || depth > 0) continue
    parts.push(text.slice(from, match.index))
    from = match.index + 1
  }
  return [...parts, text.slice(from)].map((part) => part.trim()).filter((part) => part !== '')
}

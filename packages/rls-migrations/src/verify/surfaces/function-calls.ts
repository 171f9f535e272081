import { quoteName } from '../../sql/identifier.ts'
import { baseName, isText } from '../rows/type-name.ts'
import type { ColumnType } from '../rows/column-type.ts'
import { plainValue } from '../rows/plain-value.ts'
import { cellText, type PlannedRow } from '../rows/plan-rows.ts'
import { literal } from '../tenant-statements.ts'
import type { FunctionArgument, FunctionSurface } from './surface.ts'

/** How often one function is called for a group of rows. */
const MOST_CALLS = 160

/** What arguments are made of: the rows of the neighbour, and its organization. */
export interface ArgumentSources {
  readonly rows: readonly PlannedRow[]
  readonly organization: string
  readonly keyType: string
}

/** Why no call of the function can be written; undefined when one can. */
export function uncallableReason(surface: FunctionSurface): string | undefined {
  if (surface.kind === 'procedure') return 'it is a procedure, which may end the transaction'
  if (surface.anonymousRows) return 'only the caller can name the columns that it returns'
  if (surface.returns === 'refcursor') return 'it returns a cursor'
  const required = surface.arguments.slice(0, surface.arguments.length - surface.defaults)
  const odd = required.find((argument) => !isWritable(argument))
  return odd === undefined ? undefined : `no value is known for its argument of the type ${odd.type.written}`
}

/**
 * The calls of a function with which A may ask for what B has: for each row of B, with the values of that row where
 * types and names fit; with B's organization; and with values that mean nothing. The SQL of a FROM item each.
 */
export function functionCalls(surface: FunctionSurface, sources: ArgumentSources): readonly string[] {
  if (surface.arguments.length === 0) return [`${quoteName(surface)}()`]
  const required = surface.arguments.slice(0, surface.arguments.length - surface.defaults)
  const given = surface.arguments.every(isWritable) ? surface.arguments : required
  const candidates = sources.rows.map((row) => given.map((argument) => fromRow(argument, row)))
  const rounds = Math.max(0, ...candidates.flat().map((values) => values.length))
  const tuples = [
    given.map((argument) => fallback(argument, sources)),
    given.map((argument) => literal(plainValue(argument.type), argument.type.written)),
    // The likeliest values of every row first, then the next ones.
    ...Array.from({ length: rounds }, (_, round) =>
      candidates.map((row) =>
        row.map((values, at) => values[round] ?? values[0] ?? fallback(given[at] as FunctionArgument, sources)),
      ),
    ).flat(),
  ]
  const calls = new Set(tuples.map((values) => call(surface, values)))
  if (surface.defaults >= surface.arguments.length) calls.add(call(surface, []))
  return [...calls].slice(0, MOST_CALLS)
}

function isWritable(argument: FunctionArgument): boolean {
  return !argument.pseudo && plainValue(argument.type) !== null
}

function call(surface: FunctionSurface, values: readonly string[]): string {
  const isLast = values.length === surface.arguments.length
  const written = values.map((value, at) =>
    surface.variadic && isLast && at === values.length - 1 ? `variadic ${value}` : value,
  )
  return `${quoteName(surface)}(${written.join(', ')})`
}

/** The organization where an id of one fits, and else a plain value. */
function fallback({ name, type }: FunctionArgument, { organization, keyType }: ArgumentSources): string {
  const isOrganization = type.written === keyType || (isText(baseName(type)) && /org|tenant/i.test(name ?? ''))
  return literal(isOrganization ? organization : plainValue(type), type.written)
}

/** Values of the row that the argument may stand for: by its name, by the name of the table, keys, and all others. */
function fromRow(argument: FunctionArgument, row: PlannedRow): readonly string[] {
  const { table } = row
  const wanted = plainWord(argument.name ?? '')
  const isOfTable = wanted !== '' && plainWord(table.name).startsWith(wanted.replace(/id$/, ''))
  const rank = (column: string): number =>
    (plainWord(column) === wanted ? 4 : 0) + (table.addressColumns.includes(column) ? (isOfTable ? 3 : 1) : 0)
  const texts = table.columns
    .filter((column) => sameType(column.type, argument.type))
    .toSorted((one, other) => rank(other.name) - rank(one.name))
    .map((column) => cellText(row, column.name))
  return texts.filter((text) => text !== null).map((text) => literal(text, argument.type.written))
}

function sameType(one: ColumnType, other: ColumnType): boolean {
  const [a, b] = [baseName(one), baseName(other)]
  return one.element === other.element && (a === b || (isText(a) && isText(b)))
}

/** `p_task_id`, `_taskId` and `TaskID` are one word. */
function plainWord(name: string): string {
  return name
    .replace(/^(p|in|arg|v)_/i, '')
    .replaceAll(/[^a-z0-9]/gi, '')
    .toLowerCase()
}

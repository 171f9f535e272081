import { quoteIdentifier, quoteName, sameName } from '../../sql/identifier.ts'
import { addressOf, cellsOf, literalOf } from '../make-rows.ts'
import type { ProbeSetup } from '../make-target.ts'
import { outwardReason } from '../outward-triggers.ts'
import type { Reactions } from '../read-reactions.ts'
import type { Relative } from '../relatives.ts'
import type { PlannedRow } from '../rows/plan-rows.ts'
import type { TableShape } from '../rows/table-shape.ts'
import { insert } from '../tenant-statements.ts'
import { functionCalls } from './function-calls.ts'
import { uncallable } from './surface-list.ts'
import type { FunctionSurface, Surfaces } from './surface.ts'

/** Ways in which B writes that are no table: views with triggers or rules of their own, and functions. */
export interface Detours {
  readonly views: readonly Relative[]
  readonly functions: readonly WritingFunction[]
}

interface WritingFunction {
  readonly surface: FunctionSurface
  /** The words of its body, by which it names tables. */
  readonly words: ReadonlySet<string>
}

/** How often one function is called for a group of rows. */
const MOST_CALLS = 8

export const noDetours: Detours = { views: [], functions: [] }

/** A view that only passes a write on sets off what its table does, and is no detour; what reaches outside is none either. */
export function findDetours({ relatives, reactions }: ProbeSetup, { functions }: Surfaces): Detours {
  return {
    views: relatives.filter((one) => one.reacts && outwardReason(one, reactions) === undefined),
    functions: functions
      .filter((one) => one.volatility === 'volatile' && uncallable(one, reactions) === undefined)
      .map((surface) => ({ surface, words: wordsOf(surface, reactions) }))
      .filter(({ words }) => ['insert', 'update', 'delete', 'merge'].some((word) => words.has(word))),
  }
}

/** Those that write to one of the tables, by what their texts say; with `strays` also functions that name no table of any. */
export function detoursOf(
  { views, functions }: Detours,
  tables: readonly TableShape[],
  strays: readonly TableShape[] | null,
): Detours {
  const names = (words: ReadonlySet<string>, of: readonly TableShape[]): boolean =>
    of.some(({ name }) => words.has(name))
  return {
    views: views.filter((view) => tables.some((table) => sameName(view.of, table))),
    functions: functions.filter(({ words }) => names(words, tables) || (strays !== null && !names(words, strays))),
  }
}

/** What B sends through the views of the table of its row: first a row and a change of it, then its end. */
export function viewWrites(
  { views }: Detours,
  row: PlannedRow,
  change: readonly [column: string, text: string] | undefined,
): { readonly write: readonly string[]; readonly remove: readonly string[] } {
  const own = views.filter((view) => sameName(view.of, row.table))
  const addressed = own.filter(({ columns }) => row.table.addressColumns.every((column) => columns.includes(column)))
  return {
    write: [
      ...own.map((view) => insertInto(view, row)),
      ...addressed.flatMap((view) => {
        const [column, text] = change ?? []
        if (column === undefined || text === undefined || !view.columns.includes(column)) return []
        const value = literalOf(row.table, column, text)
        return [`update ${quoteName(view)} set ${quoteIdentifier(column)} = ${value} where ${addressOf(row)}`]
      }),
    ],
    remove: addressed.map((view) => `delete from ${quoteName(view)} where ${addressOf(row)}`),
  }
}

/** Calls with what B has, the likeliest ones. */
export function calls({ functions }: Detours, sources: Parameters<typeof functionCalls>[1]): readonly string[] {
  return functions.flatMap(({ surface }) =>
    functionCalls(surface, sources)
      .slice(0, MOST_CALLS)
      .map((call) => `select from ${call} as called`),
  )
}

function insertInto(view: Relative, row: PlannedRow): string {
  const cells = [...cellsOf(row)].filter(([column]) => view.columns.includes(column))
  return insert({
    into: view,
    values: new Map(cells.map(([column, text]) => [column, literalOf(row.table, column, text)])),
    overriding: false,
  })
}

function wordsOf(surface: FunctionSurface, { functions }: Reactions): ReadonlySet<string> {
  const bodies = functions.filter((one) => sameName(one, surface)).map((one) => one.body)
  return new Set(bodies.flatMap((body) => (body.match(/\w+/g) ?? []).flatMap((word) => [word, word.toLowerCase()])))
}

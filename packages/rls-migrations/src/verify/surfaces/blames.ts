import { displayName } from '../../sql/identifier.ts'
import type { Filling } from '../rows/plan-rows.ts'
import type { TableShape } from '../rows/table-shape.ts'
import type { Crossing } from '../verify-report.ts'
import { deeds, type Deed } from './neighbour.ts'
import type { NamedSurface } from './surface-list.ts'

/** A table into which B writes, and how its rows are filled. */
export interface Writer {
  readonly shape: TableShape
  readonly filling: Filling
}

/** A surface that showed what B did. */
export interface Change {
  readonly surface: NamedSurface
  readonly deeds: Set<Deed>
}

/** A table, and what is seen of it. */
export interface Blame {
  readonly writer: Writer
  readonly changes: readonly Change[]
}

/** What no table brings about alone, not even one of another group, is told of the first one of its own. */
export function unexplained(seen: readonly Blame[], blamed: readonly Blame[]): readonly Blame[] {
  const explained = new Set(blamed.flatMap(({ changes }) => changes.map((change) => change.surface)))
  return seen.map(({ writer, changes }) => ({
    writer,
    changes: changes.filter((change) => !explained.has(change.surface)),
  }))
}

export function crossingsOf({ writer, changes }: Blame): readonly Crossing[] {
  return changes.map(({ surface, deeds: done }) => ({
    table: displayName(writer.shape),
    probe: 'noninterference',
    detail: `through the ${surface.name} A sees ${deedsInWords(done)}`,
  }))
}

/** As a report tells them: what B did to the table itself, and what past it. */
function deedsInWords(done: ReadonlySet<Deed>): string {
  const plain = deeds.filter((one) => done.has(one) && ['write', 'change', 'delete'].includes(one))
  return [
    ...(plain.length > 0 ? [`B ${plain.join(' and ')} a row`] : []),
    ...(done.has('call') ? ['B call a function that writes'] : []),
    ...(done.has('detour') || done.has('return') ? ['B write through a view'] : []),
  ].join(', and ')
}

/** A function that moves the context of its caller has no table. */
export function moved(surface: string): Crossing {
  return {
    table: '',
    probe: 'noninterference',
    detail: `the ${surface} leaves another context behind than it found`,
  }
}

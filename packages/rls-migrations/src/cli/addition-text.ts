import type { Increment } from '../plan/increment.ts'
import { displayName } from '../sql/identifier.ts'
import { textTable } from './text-table.ts'

/** What has come since the plan was frozen, as JSON; null when nothing has. */
export function additionDocument(increment: Increment | undefined): Readonly<Record<string, unknown>> | null {
  if (increment === undefined) return null
  return { tables: increment.tables, steps: increment.steps.map((step) => step.id) }
}

/** What has come since the plan was frozen, and what an apply does about it. */
export function additionText(increment: Increment | undefined): string {
  if (increment === undefined) return ''
  const { tables, steps } = increment
  const rows = tables.map((table) => [displayName(table), table.class, table.reason])
  const list = tables.length === 0 ? '' : `${textTable(rows)}\n`
  const other = [...new Set(steps.map((step) => step.table))].filter(
    (name) => name !== null && !tables.some((table) => displayName(table) === name),
  )
  const changed = other.length === 0 ? '' : `  changed: ${other.join(', ')}\n`
  return `New since the plan was made, for ${steps.length} steps more:\n${list}${changed}`
}

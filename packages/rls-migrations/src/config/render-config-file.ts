import type { PlannedTable, Plan } from '../plan/plan.ts'
import { displayName } from '../sql/identifier.ts'
import type { PartywallConfig } from './conversion-config.ts'

/** The text of a configuration file, with what was found of each table beside it for review. */
export function renderConfigFile(config: PartywallConfig, plan: Plan): string {
  const maybeShared = new Set(
    plan.hazards.filter((hazard) => hazard.id === 'maybe-shared').map((hazard) => hazard.object),
  )
  const line = (table: PlannedTable): string => {
    const name = displayName(table)
    return `  //   ${name}: ${table.reason}${maybeShared.has(name) ? ' (a list of values by its looks: put it under shared, if every organization may read it)' : ''}`
  }
  const list = (title: string, tables: readonly PlannedTable[]): string[] =>
    tables.length === 0 ? [] : [`  // ${title}`, ...tables.map(line)]
  const members = Object.entries(config).map(([name, value]) => `  ${name}: ${literal(value)},`)
  return [
    "import { defineConfig } from 'partywall'",
    '',
    'export default defineConfig({',
    ...members,
    '',
    '  // What each table becomes when nothing is said about it under `tables`:',
    ...list('Isolated by organization (tenant)', plan.tables.tenant),
    ...list('People (user)', plan.tables.user),
    ...list('Read by all (shared)', plan.tables.shared),
    ...list('Not touched (skipped)', plan.tables.skipped),
    '})',
    '',
  ].join('\n')
}

/** Names of a database may hold anything, line breaks included; JSON's escapes are TypeScript's. */
function literal(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replaceAll('\n', '\n  ')
    .replaceAll(/"([A-Za-z_]\w*)":/g, '$1:')
}

import type { Hazard, Plan, PlannedTable } from '../plan/plan.ts'
import { displayName } from '../sql/identifier.ts'
import type { HostStatement } from './read-statements.ts'

interface Habit {
  readonly id: string
  readonly severity: Hazard['severity']
  /** Its first group is the table, as it is written. */
  readonly pattern: RegExp
  readonly message: (plan: Plan) => string
}

const name = String.raw`((?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?)`

const habits: readonly Habit[] = [
  {
    id: 'copy-from',
    severity: 'warning',
    pattern: new RegExp(String.raw`^\s*copy\s+${name}\s*(?:\([^)]*\)\s*)?from\b`, 'i'),
    message: () => 'COPY FROM is refused below policies: use INSERT with many rows, or load as the operator.',
  },
  {
    id: 'truncate',
    severity: 'warning',
    pattern: new RegExp(String.raw`^\s*truncate\s+(?:table\s+)?(?:only\s+)?${name}`, 'i'),
    message: () => 'TRUNCATE knows no policy, so the application may not use it: use DELETE.',
  },
  {
    id: 'select-star',
    severity: 'notice',
    pattern: new RegExp(String.raw`^\s*select\s+\*\s+from\s+(?:only\s+)?${name}`, 'i'),
    message: ({ settings }) =>
      `Under a name, a prepared SELECT * fails once when ${settings.tenantColumn} appears ("cached plan must not change result type"): name the columns, or let connections be made anew after expand.`,
  },
]

const upsert = new RegExp(String.raw`^\s*insert\s+into\s+${name}[\s\S]*?\bon\s+conflict\s*\(([^)]*)\)`, 'i')

/** Statements of the service that will behave differently, as far as the server has seen them. */
export function statementHazards(statements: readonly HostStatement[], plan: Plan): readonly Hazard[] {
  return statements.flatMap((statement) => [
    ...habits.flatMap((habit) => habitHazard(statement, habit, plan)),
    ...upsertHazard(statement, plan),
  ])
}

function habitHazard(statement: HostStatement, habit: Habit, plan: Plan): readonly Hazard[] {
  const table = tableOf(habit.pattern.exec(statement.query)?.[1], plan)
  if (table === undefined) return []
  return [
    {
      id: habit.id,
      severity: habit.severity,
      object: displayName(table),
      message: `${habit.message(plan)} ${seen(statement)}`,
    },
  ]
}

function upsertHazard(statement: HostStatement, plan: Plan): readonly Hazard[] {
  const [, written, columns = ''] = upsert.exec(statement.query) ?? []
  const table = tableOf(written, plan)
  if (
    table === undefined ||
    bare(columns)
      .split(',')
      .map((one) => one.trim())
      .includes(plan.settings.tenantColumn)
  )
    return []
  const isDropped = plan.hazards.some(
    (one) => one.id === 'on-conflict' && one.object.endsWith(` on ${displayName(table)}`),
  )
  if (!isDropped) return []
  return [
    {
      id: 'on-conflict-used',
      severity: 'warning',
      object: displayName(table),
      message: `ON CONFLICT (${columns}) must name ${plan.settings.tenantColumn} as well before contract. ${seen(statement)}`,
    },
  ]
}

function seen({ query, calls }: HostStatement): string {
  const text = query.replaceAll(/\s+/g, ' ').trim()
  return `Seen ${calls} times: ${text.length > 120 ? `${text.slice(0, 117)}...` : text}`
}

function tableOf(written: string | undefined, { tables }: Plan): PlannedTable | undefined {
  if (written === undefined) return undefined
  const parts = written.split('.').map((part) => bare(part.trim()))
  return tables.tenant.find((table) => table.name === parts.at(-1) && (parts.length === 1 || table.schema === parts[0]))
}

/** Unquoted names are lower case in the catalog. */
function bare(text: string): string {
  return text.includes('"') ? text.replaceAll('"', '') : text.toLowerCase()
}

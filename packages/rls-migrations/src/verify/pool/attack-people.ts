import type { Table } from '../../catalog/catalog.ts'
import { quoteIdentifier, quoteLiteral, quoteName } from '../../sql/identifier.ts'
import { buildTarget, type TargetParts } from '../build-target.ts'
import type { PlannedRow } from '../rows/plan-rows.ts'
import { columnTypesKey } from '../rows/column-type.ts'
import type { TableShape } from '../rows/table-shape.ts'
import { enter } from '../tenant-statements.ts'
import { attack, notAttacked, type Attacked, type PoolAttackOptions, type TableAttack } from './attack-target.ts'

/** Among how many people of the second organization a stranger is looked for. */
const MOST_PEOPLE = 1000

/**
 * Attacks a table whose rows the application does not make: the root, or the people. As the first organization those of the second who are no
 * members of the first. An organization that exists nowhere else has nobody, and sees nobody.
 */
export async function attackPeople(
  scene: Attacked,
  table: Table,
  { organizations, tables }: PoolAttackOptions,
): Promise<TableAttack> {
  const target = (row: PlannedRow): ReturnType<typeof buildTarget> => buildTarget(partsOf(scene, table, row))
  if (organizations === undefined) {
    const { b, ...rest } = target(nobody(scene, table))
    const result = await attack(scene, { ...rest, b: { ...b, row: null } })
    const isNamed = tables !== undefined && result.reason === undefined
    return isNamed
      ? { ...result, reason: 'nobody is a member of an organization that exists nowhere else: give two organizations' }
      : result
  }
  const stranger = await findStranger(scene, table)
  return stranger === undefined
    ? notAttacked('the second organization has no member that the first has not')
    : await attack(scene, target(stranger), ['read-all'])
}

/** Stands for the row that there is not. */
function nobody({ setup, organizations: [, b] }: Attacked, table: Table): PlannedRow {
  const shape = setup.shapes.get(columnTypesKey(table)) as TableShape
  return { table: shape, organization: b, cells: new Map(), exists: true }
}

async function findStranger(
  { setup, lanes, organizations: [a, b] }: Attacked,
  table: Table,
): Promise<PlannedRow | undefined> {
  const shape = setup.shapes.get(columnTypesKey(table)) as TableShape
  const { root } = setup.plan.settings
  if (shape.class === 'root' && root !== null)
    return { table: shape, organization: b, cells: new Map([[root.id, b]]), exists: true }
  const [key, ...others] = shape.addressColumns
  if (key === undefined || others.length > 0) return undefined
  const people = await lanes.attacker.run([
    enter(setup.setting, b),
    `select ${quoteIdentifier(key)}::pg_catalog.text as id from ${quoteName(table)} limit ${MOST_PEOPLE}`,
  ])
  if (people.kind === 'error') return undefined
  const ids = people.rows.map((row) => row['id'] as string)
  // Asked of these alone: of a large organization not all members would be known.
  const members = `${quoteIdentifier(setup.plan.settings.controlSchema)}.memberships`
  const own = await lanes.attacker.run([
    enter(setup.setting, a),
    `select user_id as id from ${members} where user_id = any (array[${ids.map(quoteLiteral).join(', ')}]::pg_catalog.text[])`,
  ])
  if (own.kind === 'error') return undefined
  const shared = new Set(own.rows.map((row) => row['id']))
  const id = ids.find((one) => !shared.has(one))
  return id !== undefined ? { table: shape, organization: b, cells: new Map([[key, id]]), exists: true } : undefined
}

function partsOf({ setup, organizations: [a, b] }: Attacked, table: Table, row: PlannedRow): TargetParts {
  return {
    plan: setup.plan,
    graph: setup.graph,
    phase: setup.phase,
    setting: setup.setting,
    table,
    keepsRows: false,
    serverVersion: setup.catalog.serverVersion,
    relatives: [],
    a: { organization: a, row: null },
    b: { organization: b, row },
    references: [],
  }
}

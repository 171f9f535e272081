import { describe, expect, it } from 'vitest'
import type { ForeignKey } from '../../catalog/catalog.ts'
import { columnTypesKey } from './column-type.ts'
import { cellText, RowPlanError, RowPlanner, type Example, type Filling, type PlannedRow } from './plan-rows.ts'
import type { TableShape } from './table-shape.ts'

type Columns = Readonly<Record<string, string>>

/** A table: columns with their types, `!` for NOT NULL and `#` for a key, `#?` for one that may be NULL; foreign keys as `column: table`, to `id`. */
function table(name: string, columns: Columns, references: Columns = {}): TableShape {
  return {
    schema: 'public',
    name,
    class: name === 'lookup' ? 'shared' : 'tenant',
    columns: Object.entries({ org_id: 'uuid!', ...columns }).map(([column, written]) => {
      const base = written.replaceAll(/[!#?]/g, '')
      const type = { written: base, base, labels: [], element: null, range: false, notNull: false }
      return { name: column, type, notNull: /[!#]$/.test(written), alwaysIdentity: false, harmlessDefault: false }
    }),
    distinctColumns: new Set(Object.keys(columns).filter((column) => columns[column]?.includes('#'))),
    addressColumns: ['id'],
    partitionValues: new Map(),
    hashChoices: [],
    foreignKeys: Object.entries(references).map(([column, parent]) => foreignKey(column, parent)),
  }
}

function foreignKey(column: string, parent: string): ForeignKey {
  return {
    name: `${column}_fkey`,
    columns: ['org_id', column],
    references: { schema: 'public', name: parent },
    referencedColumns: ['org_id', 'id'],
    onDelete: 'no action',
    onUpdate: 'no action',
    onDeleteColumns: [],
    match: 'simple',
    deferrable: false,
    deferred: false,
    validated: true,
    comparisons: [],
    temporal: false,
    enforced: true,
    parent: null,
    comment: null,
    definition: '',
  }
}

function planner(
  tables: readonly TableShape[],
  options: { filling?: Filling; examples?: Readonly<Record<string, Example>> } = {},
): RowPlanner {
  let drawn = 0
  return new RowPlanner({
    shapes: new Map(tables.map((one) => [columnTypesKey(one), one])),
    examples: (one) => [options.examples?.[one.name]].filter((example) => example !== undefined),
    tenantColumn: 'org_id',
    filling: options.filling ?? { from: 'example', text: 'word' },
    takes: (one) => one.class === 'shared',
    draw: (limit) => (drawn += 7) % limit,
  })
}

const names = (rows: readonly PlannedRow[]): string[] => rows.map((row) => `${row.table.name} of ${row.organization}`)

describe('RowPlanner', () => {
  it('puts parents before children, each organization with its own', () => {
    const [grand, parent, child] = [
      table('grand', { id: 'text#' }),
      table('parent', { id: 'text#', up: 'text!' }, { up: 'grand' }),
      table('child', { id: 'text#', up: 'text!' }, { up: 'parent' }),
    ]
    const plan = planner([child, grand, parent])
    const row = plan.rowOf(child, 'A')
    plan.rowOf(child, 'B')
    expect(names(plan.ordered)).toEqual([
      'grand of A',
      'parent of A',
      'child of A',
      'grand of B',
      'parent of B',
      'child of B',
    ])
    expect(cellText(row, 'up')).toBe(cellText(plan.rowOf(parent, 'A'), 'id'))
    expect(cellText(row, 'org_id')).toBe('A')
  })

  it('cuts a cycle where a reference may be null', () => {
    const [lead, deputy] = [
      table('lead', { id: 'text#', deputy: 'text' }, { deputy: 'deputy' }),
      table('deputy', { id: 'text#', lead: 'text!' }, { lead: 'lead' }),
    ]
    const plan = planner([lead, deputy], { filling: { from: 'full', text: 'word' } })
    const row = plan.rowOf(deputy, 'A')
    expect(names(plan.ordered)).toEqual(['lead of A', 'deputy of A'])
    expect(cellText(plan.rowOf(lead, 'A'), 'deputy')).toBeNull()
    expect(cellText(row, 'lead')).not.toBeNull()
  })

  it('leaves a reference to the own table null', () => {
    const tree = table('tree', { id: 'text#', up: 'text' }, { up: 'tree' })
    const plan = planner([tree], { filling: { from: 'full', text: 'word' } })
    expect(cellText(plan.rowOf(tree, 'A'), 'up')).toBeNull()
  })

  it('references what a key needs, so that no NULL makes it unique', () => {
    const tables = [
      table('parent', { id: 'text#' }),
      table('child', { id: 'text#', up: 'text#?', down: 'text' }, { up: 'parent', down: 'parent' }),
    ] as const
    const cells = (from: Filling['from']): (string | null)[] => {
      const row = planner(tables, { filling: { from, text: 'word' } }).rowOf(tables[1], 'A')
      return ['up', 'down'].map((column) => cellText(row, column))
    }
    expect(cells('whole-keys')).toEqual([expect.any(String), null])
    expect(cells('example')).toEqual([null, null])
  })

  it('takes values of a live row, but never its keys', () => {
    const one = table('one', { id: 'text#', kind: 'text!', note: 'text' })
    const row = planner([one], { examples: { one: { id: 'key-1', kind: 'rare', note: null } } }).rowOf(one, 'A')
    expect(cellText(row, 'kind')).toBe('rare')
    expect(cellText(row, 'note')).toBeNull()
    expect(cellText(row, 'id')).toMatch(/^[a-z]{3}-\d$/)
    expect(cellText(row, 'id')).not.toBe('key-1')
  })

  it('references a shared row that exists, and makes none', () => {
    const [lookup, one] = [
      table('lookup', { id: 'text#' }),
      table('one', { id: 'text#', kind: 'text!' }, { kind: 'lookup' }),
    ]
    const plan = planner([lookup, one], { examples: { lookup: { id: 'EUR' } } })
    expect(cellText(plan.rowOf(one, 'A'), 'kind')).toBe('EUR')
    expect(names(plan.ordered)).toEqual(['one of A'])
    expect(() => planner([lookup, one]).rowOf(one, 'A')).toThrow(RowPlanError)
  })

  it('plans a parent that does not hang on the row', () => {
    const [lead, deputy] = [
      table('lead', { id: 'text#', deputy: 'text' }, { deputy: 'deputy' }),
      table('deputy', { id: 'text#', lead: 'text!' }, { lead: 'lead' }),
    ]
    const plan = planner([lead, deputy])
    const row = plan.rowOf(lead, 'B')
    const parent = plan.rowApartFrom(row, deputy)
    expect(cellText(parent, 'lead')).not.toBe(cellText(row, 'id'))
    expect(plan.ordered).toHaveLength(3)
  })

  it('says which type it has no value for', () => {
    const one = table('one', { id: 'text#', shape: 'public.geometry!' })
    expect(() => planner([one]).rowOf(one, 'A')).toThrow('no value is known for the type public.geometry of one.shape')
  })
})

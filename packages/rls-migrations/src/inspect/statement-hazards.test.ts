import { describe, expect, it } from 'vitest'
import type { Plan } from '../plan/plan.ts'
import { statementHazards } from './statement-hazards.ts'

const plan = {
  settings: { tenantColumn: 'org_id' },
  tables: {
    tenant: [
      { schema: 'public', name: 'things', class: 'tenant', reason: '' },
      { schema: 'Sales', name: 'Order', class: 'tenant', reason: '' },
    ],
    user: [],
    shared: [{ schema: 'public', name: 'kinds', class: 'shared', reason: '' }],
    skipped: [],
  },
  hazards: [{ id: 'on-conflict', severity: 'notice', object: 'unique things_sku_key on things', message: '' }],
} as unknown as Plan

const hazards = (query: string): string[] =>
  statementHazards([{ query, calls: 3, totalMs: 1 }], plan).map(({ id, object }) => `${id}: ${object}`)

describe('statementHazards', () => {
  it.each([
    ['INSERT INTO things (sku) VALUES ($1) ON CONFLICT (sku) DO NOTHING', ['on-conflict-used: things']],
    [
      'insert into public.things (sku) values ($1) on conflict ("sku") do update set n = $2',
      ['on-conflict-used: things'],
    ],
    ['copy things (sku) from stdin', ['copy-from: things']],
    ['COPY "Sales"."Order" FROM STDIN (format csv)', ['copy-from: Sales.Order']],
    ['truncate table only things', ['truncate: things']],
    ['SELECT * FROM things WHERE id = $1', ['select-star: things']],
  ])('names %s', (query, expected) => {
    expect(hazards(query)).toEqual(expected)
  })

  it.each([
    'insert into things (org_id, sku) values ($1, $2) on conflict (org_id, sku) do nothing',
    'insert into "Sales"."Order" (n) values ($1) on conflict (n) do nothing',
    'copy things to stdout',
    'copy (select * from things) to stdout',
    'select * from kinds',
    'select id from things',
    'insert into order (n) values ($1)',
  ])('says nothing of %s', (query) => {
    expect(hazards(query)).toEqual([])
  })

  it('tells how often a statement was seen, and cuts long ones', () => {
    const [hazard] = statementHazards([{ query: `truncate things ${'x'.repeat(200)}`, calls: 7, totalMs: 1 }], plan)
    expect(hazard?.message).toMatch(/Seen 7 times: truncate things x+\.\.\.$/)
  })
})
